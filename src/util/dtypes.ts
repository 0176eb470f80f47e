/** What the weights of a model's files are stored as, in transformers.js's words; int8 is computed in integers too. */
export const MODEL_DTYPES = ['fp32', 'fp16', 'int8'] as const;
export type ModelDtype = (typeof MODEL_DTYPES)[number];

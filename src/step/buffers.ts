/** The buffers of a training, each in the layout of the weights. */

/** AdamW's moments under PyTorch's names; `average` is the mean of the last weights, `best` those of the best evaluation. */
export const STATE_BUFFERS = ['weights', 'exp_avg', 'exp_avg_sq', 'average', 'best'] as const;
export type StateBuffer = (typeof STATE_BUFFERS)[number];
export type StateBuffers = Readonly<Partial<Record<StateBuffer, Float32Array>>>;

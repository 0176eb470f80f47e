/** The buffers of a training, each in the layout of the weights. */

/**
 * AdamW's moments under PyTorch's names; `average` is the mean of the last weights, `best` those of the best evaluation,
 * `trunk` with its moments where branches begin.
 */
export type StateBuffer =
  | ('weights' | 'exp_avg' | 'exp_avg_sq' | 'average' | 'best')
  | ('trunk' | 'trunk_exp_avg' | 'trunk_exp_avg_sq');
export type StateBuffers = Readonly<Partial<Record<StateBuffer, Float32Array>>>;

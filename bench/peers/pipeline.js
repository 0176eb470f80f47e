// transformers.js on a local folder with onnx/model.onnx.
import { env, pipeline } from '@huggingface/transformers';

export const version = env.version;

/** @param {string} folder @returns a function from texts to answers, the best label's or all labels' */
export async function classifierOf(folder) {
  env.allowRemoteModels = false;
  env.localModelPath = '/';
  return pipeline('text-classification', folder, { dtype: 'fp32', device: 'cpu', local_files_only: true });
}

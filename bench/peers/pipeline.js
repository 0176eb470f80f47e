// transformers.js on a local folder with onnx/model.onnx.
import { env, pipeline } from '@huggingface/transformers';

export const version = env.version;

/** @param {string} folder @param {string} dtype fp32, fp16 or q8 @returns a function from texts to answers, the best label's or all labels' */
export async function classifierOf(folder, dtype = 'fp32') {
  env.allowRemoteModels = false;
  env.localModelPath = '/';
  return pipeline('text-classification', folder, { dtype, device: 'cpu', local_files_only: true });
}

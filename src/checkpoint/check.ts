/** Whether a folder holds a model that can be trained, without reading its weights. */
import { exists, readJson } from '../files/read.js';
import { parseModelConfig } from '../formats/config.js';
import { BertuneError } from '../util/errors.js';
import { ADAPTER_CONFIG_FILE } from './adapter.js';
import { folderFiles } from './folder.js';
import { TOKENIZER_FILE } from './load.js';
import { headSize, withWeights } from './open-weights.js';

export interface ModelCheck {
  /** What is in the way of training it, in a few words; `undefined` where nothing is. */
  readonly obstacle: string | undefined;
  /** Outputs of its classifier; `undefined` where it has none, or where that can't be told. */
  readonly outputs: number | undefined;
}

/** Looks at a folder's config, tokenizer and the header of its weights. */
export async function checkModelFolder(folder: string): Promise<ModelCheck> {
  const no = (obstacle: string): ModelCheck => ({ obstacle, outputs: undefined });
  if (await exists(`${folder}/${ADAPTER_CONFIG_FILE}`)) {
    return { obstacle: undefined, outputs: undefined }; // its original is another model
  }
  const path = `${folder}/config.json`;
  if (!(await exists(path))) return no('no config.json');
  try {
    const { modelType } = parseModelConfig(await readJson(path), 'config.json');
    if (!(await exists(`${folder}/${TOKENIZER_FILE}`))) return no(`no ${TOKENIZER_FILE}`);
    const outputs = await withWeights(folderFiles(folder), (file) =>
      Promise.resolve(headSize(file, modelType)),
    );
    return { obstacle: undefined, outputs };
  } catch (error) {
    if (!(error instanceof BertuneError)) throw error;
    return no(error.message.replaceAll(`${folder}/`, '').replaceAll(folder, 'it'));
  }
}

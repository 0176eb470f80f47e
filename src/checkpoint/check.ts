/** Whether a folder holds a model that can be trained, without reading its weights. */
import { exists, readJson } from '../files/read.js';
import { parseModelConfig } from '../formats/config.js';
import { BertuneError } from '../util/errors.js';
import { ADAPTER_CONFIG_FILE } from './adapter.js';
import { folderFiles } from './folder.js';
import { TOKENIZER_FILE } from './load.js';
import { withWeights } from './open-weights.js';

/** What is in the way, in a few words; `undefined` where nothing is. */
export async function checkModelFolder(folder: string): Promise<string | undefined> {
  if (await exists(`${folder}/${ADAPTER_CONFIG_FILE}`)) return undefined; // its original is another model
  const path = `${folder}/config.json`;
  if (!(await exists(path))) return 'no config.json';
  try {
    parseModelConfig(await readJson(path), 'config.json');
    if (!(await exists(`${folder}/${TOKENIZER_FILE}`))) return `no ${TOKENIZER_FILE}`;
    await withWeights(folderFiles(folder), () => Promise.resolve());
    return undefined;
  } catch (error) {
    if (!(error instanceof BertuneError)) throw error;
    return error.message.replaceAll(`${folder}/`, '').replaceAll(folder, 'it');
  }
}

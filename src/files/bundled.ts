/** What is in the package beside the code. */
import { fileURLToPath } from 'node:url';

const inPackage = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The folder of the bundled model, all-MiniLM-L6-v2. */
export const BUNDLED_MODEL = inPackage('models/all-MiniLM-L6-v2');
/** What the model is called on the hub. */
export const BUNDLED_MODEL_NAME = 'sentence-transformers/all-MiniLM-L6-v2';
/** 2,000 film reviews to learn from, and 1,000 to evaluate on. */
export const SAMPLE_TRAIN = inPackage('data/imdb-sample/train.csv');
export const SAMPLE_TEST = inPackage('data/imdb-sample/test.csv');

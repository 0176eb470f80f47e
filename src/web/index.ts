/** bertune/web: what pages import. The list is explicit, so that nothing becomes public by accident. */
export type { Prediction } from '../predict/classifier.js';
export { Classifier, type ClassifierOptions } from './classifier.js';
export type { ChosenFiles } from './chosen-files.js';
export type { LoadEvent } from './download.js';
export type { WebDevice } from '../runtime/web.js';
export type { ModelDtype } from '../util/dtypes.js';
export { BertuneError, FileError, HubError, ModelError, UsageError } from '../util/errors.js';
export { VERSION } from '../util/version.js';

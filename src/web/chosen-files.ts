/** A model's files as somebody chose or dropped them: `<input type="file" multiple>`, or a whole folder. */
import type { ModelFiles } from '../checkpoint/model-files.js';
import { UsageError } from '../util/errors.js';
import { blobFiles } from './blob-files.js';

/** What a `FileList` is, and an array of files too; or files by their paths. */
export type ChosenFiles = ArrayLike<File> | ReadonlyMap<string, Blob>;

/**
 * Files by their path below the folder that they have in common. A file of an ONNX folder may also be chosen without it,
 * as most pages let people choose files and not folders: `model.onnx` is found as `onnx/model.onnx` then.
 */
export function chosenFiles(chosen: ChosenFiles): ModelFiles {
  const entries: (readonly [path: string, file: Blob])[] = isMap(chosen)
    ? [...chosen]
    : Array.from(chosen, (file) => [file.webkitRelativePath || file.name, file]);
  if (entries.length === 0) throw new UsageError('no files were chosen, expected those of a model.');
  const paths = entries.map(([path]) => path.split('/'));
  const root = commonFolder(paths);
  const byPath = new Map(entries.map(([, file], i) => [paths[i]!.slice(root.length).join('/'), file]));
  const name = root.at(-1) ?? 'the chosen files';
  const find = (file: string): Blob | undefined =>
    byPath.get(file) ?? byPath.get(file.replace(/^onnx\//, ''));
  return blobFiles(
    name,
    (file) => Promise.resolve(find(file)),
    () => Promise.resolve([...byPath.keys()].sort()),
    (file) => (root.length === 0 ? file : `${name}/${file}`),
  );
}

const isMap = (chosen: ChosenFiles): chosen is ReadonlyMap<string, Blob> => chosen instanceof Map;

/** The folders that all paths begin with; but not `onnx`, which is part of a model. */
function commonFolder(paths: readonly (readonly string[])[]): string[] {
  const common: string[] = [];
  for (const [depth, part] of paths[0]!.slice(0, -1).entries()) {
    if (part === 'onnx' || !paths.every((path) => path.length > depth + 1 && path[depth] === part)) break;
    common.push(part);
  }
  return common;
}

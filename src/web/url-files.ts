/** A model's files at an address: the folder of a run or an export, on any server or on the hub. */
import type { ModelFiles } from '../checkpoint/model-files.js';
import { blobFiles } from './blob-files.js';
import { download, type DownloadOptions } from './download.js';

/** @param base the folder's address; a slash at its end may be missing */
export function urlFiles(base: URL, options: DownloadOptions): ModelFiles {
  const folder = new URL(base);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const name = folder.href.replace(/\/$/, '');
  const urlOf = (file: string): string => {
    const url = new URL(file, folder);
    url.search = folder.search;
    return url.href;
  };
  const asked = new Map<string, Promise<Blob | undefined>>();
  const find = (file: string): Promise<Blob | undefined> => {
    let blob = asked.get(file);
    if (!blob) {
      blob = download(urlOf(file), file, options);
      asked.set(file, blob);
    }
    return blob;
  };
  return blobFiles(
    name,
    find,
    () => Promise.resolve([]), // no server tells what else it has
    (file) => `${name}/${file}`,
  );
}

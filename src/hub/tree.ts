/** The files of a commit with their sizes and hashes, as the hub lists them and as the cache keeps the list. */
import type { Content } from '../files/partial-file.js';
import { isObject } from '../util/objects.js';

/** By path. */
export type Tree = ReadonlyMap<string, Content>;

/** What is known of a file: of those in LFS the hash of the content, of others that of Git. */
export interface TreeEntry {
  readonly size: number;
  readonly oid?: string | undefined;
  readonly lfs?: { readonly oid: string; readonly size: number } | undefined;
}

/** A file's content; `undefined` where its size or hash is none. */
export function contentOf({ size, oid = '', lfs }: TreeEntry): Content | undefined {
  const content: Content = lfs
    ? { size: lfs.size, algorithm: 'sha256', hash: lfs.oid.replace(/^sha256:/, '') }
    : { size, algorithm: 'git-sha1', hash: oid };
  const isHash = (lfs ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(content.hash);
  return isHash && Number.isSafeInteger(content.size) && content.size >= 0 ? content : undefined;
}

const FORMAT = 1;

/** The list as huggingface_hub keeps it. */
export function writeTree(entries: ReadonlyMap<string, TreeEntry>): object {
  const files = [...entries].map(([path, { size, oid, lfs }]) => [
    path,
    { size, blob_id: oid, ...(lfs && { lfs_sha256: lfs.oid, lfs_size: lfs.size }) },
  ]);
  return { format_version: FORMAT, files: Object.fromEntries(files) as object };
}

/** Reads such a list; `undefined` where it is none, or of another format: then the hub is asked. */
export function parseTree(json: unknown): Tree | undefined {
  if (!isObject(json) || json['format_version'] !== FORMAT || !isObject(json['files'])) return undefined;
  const tree = new Map<string, Content>();
  for (const [path, info] of Object.entries(json['files'])) {
    if (!isObject(info)) return undefined;
    const { size, blob_id: oid, lfs_sha256: sha256, lfs_size: lfsSize } = info;
    const lfs = typeof sha256 === 'string' ? { oid: sha256, size: Number(lfsSize) } : undefined;
    const content = contentOf({ size: Number(size), oid: String(oid), lfs });
    if (!content) return undefined;
    tree.set(path, content);
  }
  return tree;
}

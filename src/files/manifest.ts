/** @file The list of a folder's files with their sizes and SHA-256, by which a damaged one is noticed. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../util/objects.js';
import { codeOf, toFileError } from './errors.js';
import { writeFileAtomic } from './atomic.js';
import { sha256Of, sha256OfFile } from './hash.js';
import { readJson } from './read.js';
import { plural } from '../util/wording.js';

export const MANIFEST = 'manifest.json';
const FORMAT = 1;

/** What a manifest says of a file. */
export interface ManifestEntry {
  /** In bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Size and hash of what will be a file, from its parts. */
export function entryOf(parts: readonly (string | ArrayBufferView)[]): ManifestEntry {
  const size = parts.reduce(
    (sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength),
    0,
  );
  return { size, sha256: sha256Of(parts) };
}

/** A manifest as it is written. */
export function manifestText(files: Readonly<Record<string, ManifestEntry>>): string {
  return `${JSON.stringify({ format: FORMAT, files }, null, 2)}\n`;
}

/** Writes the manifest of files that lie in a folder, reading them again. */
export function writeManifest(folder: string, names: readonly string[]): Promise<void> {
  return extendManifest(folder, {}, names);
}

/**
 * Takes files that were rewritten on purpose, or are new, into the manifest of a folder; a folder without one stays so. What it
 * says of the others stays as it is: they may have been damaged since.
 */
export async function renewManifest(folder: string, names: readonly string[]): Promise<void> {
  const files = await readManifest(folder);
  if (files) await extendManifest(folder, files, names);
}

async function extendManifest(
  folder: string,
  files: Readonly<Record<string, ManifestEntry>>,
  names: readonly string[],
): Promise<void> {
  const entries = { ...files };
  for (const name of names) {
    const path = join(folder, name);
    entries[name] = { size: (await stat(path)).size, sha256: await sha256OfFile(path) };
  }
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  await writeFileAtomic(join(folder, MANIFEST), manifestText(Object.fromEntries(sorted)));
}

/** Whether a file of a folder is as it was written; also where there is no manifest, which says nothing against it. */
export async function isAsWritten(folder: string, name: string): Promise<boolean> {
  const entry = (await readManifest(folder))?.[name];
  return !entry || (await faultOf(join(folder, name), entry.size, entry.sha256)) === undefined;
}

/** A file of a folder beside what its manifest says. */
export interface CheckedFile {
  readonly name: string;
  /** In bytes, by the manifest. */
  readonly size: number;
  /** What is wrong with it; absent where nothing is. */
  readonly fault?: string;
}

/**
 * Compares each file with the manifest: its size, then every byte.
 *
 * @returns `undefined` for a folder without a manifest, or with one that can't be read
 */
export async function checkFiles(folder: string): Promise<CheckedFile[] | undefined> {
  const files = await readManifest(folder);
  if (!files) return undefined;
  const checked: CheckedFile[] = [];
  for (const [name, { size, sha256 }] of Object.entries(files)) {
    const fault = await faultOf(join(folder, name), size, sha256);
    checked.push({ name, size, ...(fault !== undefined && { fault }) });
  }
  return checked;
}

async function faultOf(path: string, size: number, sha256: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (found.size !== size) return `has ${plural(found.size, 'byte')}, expected ${size}`;
    return (await sha256OfFile(path)) === sha256 ? undefined : 'is not as it was written (SHA-256)';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'is missing';
    return toFileError(error, path, 'read').message;
  }
}

/** `undefined` where there is none, or what there is was not written by `writeManifest`. */
async function readManifest(folder: string): Promise<Record<string, ManifestEntry> | undefined> {
  const json = await readJson(join(folder, MANIFEST)).catch(() => undefined);
  const files = isObject(json) && json['format'] === FORMAT ? json['files'] : undefined;
  if (!isObject(files) || !Object.keys(files).every(isPlainName)) return undefined;
  return Object.values(files).every(isEntry) ? (files as Record<string, ManifestEntry>) : undefined;
}

/** A name in the folder itself, or in a folder in it: a manifest may come from anywhere, and is read by its names. */
function isPlainName(name: string): boolean {
  return name.split('/').every((part) => /^[\w-][\w.-]*$/.test(part));
}

function isEntry(value: unknown): value is ManifestEntry {
  return isObject(value) && Number.isSafeInteger(value['size']) && typeof value['sha256'] === 'string';
}

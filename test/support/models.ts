/** Model folders that are wrong in one way, made from the tiny one. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSafetensorsHeader, parseSafetensorsHeader } from '../../src/formats/safetensors.js';
import { TINY } from './cli.js';

/** A copy of the tiny model, or of another. */
export function tinyCopy(folder: string, name: string, original = TINY): string {
  const path = join(folder, name);
  cpSync(original, path, { recursive: true });
  return path;
}

/** Changes fields of a model's config.json. */
export function editConfig(model: string, change: Readonly<Record<string, unknown>>): void {
  editJson(model, 'config.json', change);
}

/** Changes fields of one of a model's JSON files. */
export function editJson(model: string, file: string, change: Readonly<Record<string, unknown>>): void {
  const path = join(model, file);
  const json = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...json, ...change }));
}

/** Changes one float of a tensor, in place. */
export function editFloat(
  model: string,
  tensor: string,
  index: number,
  change: (value: number) => number,
): void {
  const path = join(model, 'model.safetensors');
  const bytes = readFileSync(path);
  const { start } = parseSafetensorsHeader(bytes, bytes.length, path).tensors.get(tensor)!;
  const at = start + 4 * index;
  bytes.writeFloatLE(change(bytes.readFloatLE(at)), at);
  writeFileSync(path, bytes);
}

/** Keeps only some of a model's tensors. */
export function keepTensors(model: string, keep: (name: string) => boolean): void {
  const path = join(model, 'model.safetensors');
  const bytes = readFileSync(path);
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, path);
  const kept = [...tensors].filter(([name]) => keep(name));
  const header = encodeSafetensorsHeader(
    kept.map(([name, { shape }]) => ({ name, dtype: 'F32' as const, shape })),
  );
  writeFileSync(
    path,
    Buffer.concat([header, ...kept.map(([, { start, end }]) => bytes.subarray(start, end))]),
  );
}

/** Cuts a model's weights into files as transformers does, tensor after tensor in turn; gives the index. */
export function shardModel(model: string, count: number): { weight_map: Record<string, string> } {
  const path = join(model, 'model.safetensors');
  const bytes = readFileSync(path);
  const tensors = [...parseSafetensorsHeader(bytes, bytes.length, path).tensors];
  const weight_map: Record<string, string> = {};
  for (let shard = 0; shard < count; shard++) {
    const number = (n: number): string => String(n).padStart(5, '0');
    const name = `model-${number(shard + 1)}-of-${number(count)}.safetensors`;
    const part = tensors.filter((_, i) => i % count === shard);
    for (const [tensor] of part) weight_map[tensor] = name;
    const header = encodeSafetensorsHeader(part.map(([tensor, { shape }]) => ({ name: tensor, dtype: 'F32' as const, shape }))); // prettier-ignore
    writeFileSync(
      join(model, name),
      Buffer.concat([header, ...part.map(([, { start, end }]) => bytes.subarray(start, end))]),
    );
  }
  rmSync(path);
  writeFileSync(join(model, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
  return { weight_map };
}

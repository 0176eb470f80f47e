/** A training's state as files: weights and moments as safetensors, numbers as JSON. Nothing in them is code. */
import { withOpenFile, type OpenFile } from '../files/read.js';
import {
  encodeSafetensorsHeader,
  parseSafetensorsHeader,
  safetensorsHeaderSize,
} from '../formats/safetensors.js';
import type { StateBuffer, StateBuffers } from '../step/buffers.js';
import type { Layout, PlacedParameter } from '../step/layout.js';
import { ModelError } from '../util/errors.js';
import { WEIGHTS_FILE } from './open-weights.js';
import { tensorsToWrite } from './weights.js';

/** The moments of AdamW, under PyTorch's names for them, after the parameter's: `<parameter>.exp_avg`. */
export const OPTIMIZER_FILE = 'optimizer.safetensors';
/** What is kept beside the weights: the mean of the last ones, the best, and where branches begin, with its moments. */
export const AVERAGE_FILE = 'average.safetensors';
export const BEST_FILE = 'best.safetensors';
export const TRUNK_FILE = 'trunk.safetensors';
export const TRUNK_OPTIMIZER_FILE = 'trunk-optimizer.safetensors';

const MOMENTS = ['exp_avg', 'exp_avg_sq'] as const;
const WHOLE = { weights: WEIGHTS_FILE, average: AVERAGE_FILE, best: BEST_FILE, trunk: TRUNK_FILE } as const;
/** Files of moments, by what stands before the names of their buffers. */
const OPTIMIZERS = { '': OPTIMIZER_FILE, trunk_: TRUNK_OPTIMIZER_FILE } as const;
type Owner = keyof typeof OPTIMIZERS;

/**
 * The files of these buffers, as views: they are to be written before training goes on.
 *
 * @param isTrained parameters that are not have no moments
 */
export function bufferFiles(
  layout: Layout,
  buffers: StateBuffers,
  isTrained: (parameter: PlacedParameter) => boolean,
): Record<string, (Uint8Array | Float32Array)[]> {
  const files: Record<string, (Uint8Array | Float32Array)[]> = {};
  for (const [name, file] of Object.entries(WHOLE)) {
    const buffer = buffers[name as keyof typeof WHOLE];
    if (buffer) files[file] = [encodeSafetensorsHeader(tensorsToWrite(layout.parameters)), buffer];
  }
  for (const [owner, file] of ownersOf(buffers)) {
    const moments = momentsOf(layout, isTrained).map((each) => ({ ...each, dtype: 'F32' as const }));
    const data = moments.map(({ moment, start, end }) => buffers[`${owner}${moment}`]!.subarray(start, end));
    files[file] = [encodeSafetensorsHeader(moments), ...data];
  }
  return files;
}

/** Whose moments there are, and their file. */
function ownersOf(buffers: StateBuffers): [Owner, string][] {
  const owners = Object.entries(OPTIMIZERS) as [Owner, string][];
  return owners.filter(([owner]) => buffers[`${owner}exp_avg`]);
}

interface Moment {
  readonly name: string;
  readonly moment: (typeof MOMENTS)[number];
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

function momentsOf(layout: Layout, isTrained: (parameter: PlacedParameter) => boolean): Moment[] {
  return layout.parameters
    .filter(isTrained)
    .flatMap(({ name, shape, start, end }) =>
      MOMENTS.map((moment) => ({ name: `${name}.${moment}`, moment, shape, start, end })),
    );
}

/**
 * Reads the buffers of a checkpoint again.
 *
 * @param names which of them it has
 * @throws `ModelError` where a file is not of this model
 */
export async function readBuffers(
  folder: string,
  layout: Layout,
  names: readonly StateBuffer[],
  isTrained: (parameter: PlacedParameter) => boolean,
): Promise<StateBuffers> {
  const buffers: Partial<Record<StateBuffer, Float32Array>> = {};
  for (const name of names) buffers[name] = new Float32Array(layout.size);
  for (const [name, file] of Object.entries(WHOLE)) {
    const buffer = buffers[name as keyof typeof WHOLE];
    if (!buffer) continue;
    await readInto(`${folder}/${file}`, layout.parameters.map((each) => ({ ...each, into: buffer }))); // prettier-ignore
  }
  for (const [owner, file] of ownersOf(buffers)) {
    const moments = momentsOf(layout, isTrained).map((each) => ({ ...each, into: buffers[`${owner}${each.moment}`]! })); // prettier-ignore
    await readInto(`${folder}/${file}`, moments);
  }
  return buffers;
}

interface Target {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
  readonly into: Float32Array;
}

async function readInto(path: string, targets: readonly Target[]): Promise<void> {
  await withOpenFile(path, async (file) => {
    const tensors = await tensorsOf(file, path);
    if (tensors.size !== targets.length) {
      throw new ModelError(`${path} has ${tensors.size} tensors, expected ${targets.length} by the model.`);
    }
    for (const { name, shape, start, end, into } of targets) {
      const tensor = tensors.get(name);
      if (tensor?.dtype !== 'F32' || tensor.shape.join() !== shape.join()) {
        throw new ModelError(
          `${path}: "${name}" is ${tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : 'missing'}, ` +
            `expected F32 [${shape.join(', ')}] by the model: was the run begun with another one?`,
        );
      }
      const part = into.subarray(start, end);
      await file.readInto(tensor.start, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    }
  });
}

async function tensorsOf(file: OpenFile, path: string) {
  const size = safetensorsHeaderSize(await file.read(0, Math.min(512, file.size)), file.size, path);
  return parseSafetensorsHeader(await file.read(0, size), file.size, path).tensors;
}

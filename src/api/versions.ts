/** What a run is computed by and on. Where it differs, the same run may end with other bits. */
import { availableParallelism, cpus } from 'node:os';

export type Versions = Readonly<Record<'node' | 'runtime' | 'platform' | 'cpu', string>>;

/** @param runtime the engine with its version, such as `onnxruntime-node 1.30.0` */
export function versionsOf(runtime: string): Versions {
  return {
    node: process.version,
    runtime,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  };
}

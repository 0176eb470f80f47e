// The machine that figures are from.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

const INTERESTING = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16', 'bf16'];

/** @returns {{ cpu: string, cores: number, memoryBytes: number, flags: string[], bf16: boolean, node: string }} */
export function machine() {
  let flags = [];
  try {
    const all = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(/\s+/);
    flags = INTERESTING.filter((name) => all?.includes(name));
  } catch {
    // Not Linux: flags are then unknown.
  }
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    flags,
    bf16: flags.some((name) => name.endsWith('bf16')),
    node: process.versions.node,
  };
}

/** @param {ReturnType<typeof machine>} found */
export function machineLine({ cpu, cores, memoryBytes, flags, bf16, node }) {
  const wide = flags.includes('avx512f') ? 'AVX-512' : flags.includes('avx2') ? 'AVX2' : undefined;
  const parts = [
    `${cores} cores of ${cpu}`,
    ...(wide ? [wide] : []),
    ...(flags.length > 0 ? [bf16 ? 'bf16 instructions' : 'no bf16 instructions'] : []),
    `${Math.round(memoryBytes / 2 ** 30)} GiB`,
    `Node ${node}`,
  ];
  return parts.join(', ');
}

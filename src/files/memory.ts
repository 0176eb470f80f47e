/** How much memory the machine, or the container, still has. */
import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';

/** Where Linux tells a control group's use, in its second and its first version. */
const CGROUPS = [
  { use: '/sys/fs/cgroup/memory.current', stat: '/sys/fs/cgroup/memory.stat', cache: 'inactive_file' },
  {
    use: '/sys/fs/cgroup/memory/memory.usage_in_bytes',
    stat: '/sys/fs/cgroup/memory/memory.stat',
    cache: 'total_inactive_file',
  },
] as const;

/** Bytes that this process can still take. */
export async function availableMemory(): Promise<number> {
  // On Linux, Node asks for MemAvailable: with what the system would give up of its cache of files.
  const machine = freemem();
  const limit = containerLimit();
  return limit === undefined ? machine : Math.max(0, Math.min(machine, limit - (await containerUse())));
}

/** What a container may use; `undefined` without such a limit. */
function containerLimit(): number | undefined {
  const limit = process.constrainedMemory();
  // Without a limit it is 0, or a number that no machine has.
  return limit > 0 && limit < 2 ** 50 ? limit : undefined;
}

/** What a container uses, without the cache of files that its system would give up. */
async function containerUse(): Promise<number> {
  for (const { use, stat, cache } of CGROUPS) {
    try {
      const used = Number(await readFile(use, 'utf8'));
      const cached = new RegExp(`^${cache} (\\d+)$`, 'm').exec(await readFile(stat, 'utf8'))?.[1];
      if (Number.isFinite(used)) return used - Number(cached ?? 0);
    } catch {
      // the other version, or no Linux
    }
  }
  return process.memoryUsage.rss();
}

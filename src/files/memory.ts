/** How much memory the machine, or the control group that this process is in, still has. */
import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';

/** Where Linux tells what a control group may use and uses, in its second and its first version. */
const CGROUPS = [
  {
    ...{ mount: 'sys/fs/cgroup', line: /^0::(.*)$/m },
    ...{ limit: 'memory.max', use: 'memory.current', cache: /^inactive_file (\d+)$/m },
  },
  {
    ...{ mount: 'sys/fs/cgroup/memory', line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m },
    ...{
      limit: 'memory.limit_in_bytes',
      use: 'memory.usage_in_bytes',
      cache: /^total_inactive_file (\d+)$/m,
    },
  },
] as const;

/**
 * Bytes that this process can still take.
 *
 * @param root where the system's files are; tests have their own
 */
export async function availableMemory(root = '/'): Promise<number> {
  // On Linux, Node asks for MemAvailable: with what the system would give up of its cache of files.
  const machine = freemem();
  const own = await textOf(join(root, 'proc/self/cgroup'));
  const rooms = await Promise.all(CGROUPS.map((version) => roomIn(root, own, version)));
  return Math.max(0, Math.min(machine, ...rooms));
}

/** What is left in a group and all that it is in, each of which may have a limit; `Infinity` without one. */
async function roomIn(
  root: string,
  own: string,
  { mount, line, limit, use, cache }: (typeof CGROUPS)[number],
): Promise<number> {
  const top = join(root, mount);
  // In a container the path may be one that only the host has: there the mount is the container's own group.
  const named = join(top, line.exec(own)?.[1] ?? '');
  let folder = (await numberIn(join(named, use))) === undefined ? top : named;
  let room = Infinity;
  for (;;) {
    const [most, used] = [await numberIn(join(folder, limit)), await numberIn(join(folder, use))];
    // Without a limit it is `max`, or a number that no machine has.
    if (most !== undefined && used !== undefined && most < 2 ** 50) {
      // Its cache of files the system would give up.
      const cached = Number(cache.exec(await textOf(join(folder, 'memory.stat')))?.[1] ?? 0);
      room = Math.min(room, most - used + cached);
    }
    if (folder === top || !folder.startsWith(top)) return room;
    folder = dirname(folder);
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => ''); // no Linux, or the other version
}

async function numberIn(path: string): Promise<number | undefined> {
  const text = (await textOf(path)).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

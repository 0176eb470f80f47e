/** What a process can still take, read as Linux tells it, from files of the test's own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { availableMemory } from '../../src/files/memory.js';
import { tempFolder } from './temp.js';

/** A system's files, by their paths. */
function rootWith(files: Readonly<Record<string, string | number>>): string {
  const root = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

/** A group of the second version, and one of the first. */
const v2 = (folder: string, max: string | number, current: number, inactive = 0) => ({
  [`sys/fs/cgroup${folder}/memory.max`]: max,
  [`sys/fs/cgroup${folder}/memory.current`]: current,
  [`sys/fs/cgroup${folder}/memory.stat`]: `anon 5\ninactive_file ${inactive}\nactive_file 9`,
});
const v1 = (folder: string, limit: string | number, usage: number, inactive = 0) => ({
  [`sys/fs/cgroup/memory${folder}/memory.limit_in_bytes`]: limit,
  [`sys/fs/cgroup/memory${folder}/memory.usage_in_bytes`]: usage,
  [`sys/fs/cgroup/memory${folder}/memory.stat`]: `inactive_file 1\ntotal_inactive_file ${inactive}`,
});
const NO_LIMIT = '9223372036854771712';
const ALL = 'all that the machine has';

test.each([
  ['no control groups', {}, ALL],
  ['the second version, in a container', { 'proc/self/cgroup': '0::/', ...v2('', 5000, 3000, 200) }, 2200],
  ['the same without a limit', { 'proc/self/cgroup': '0::/', ...v2('', 'max', 3000) }, ALL],
  [
    'a group of its own: its use, not that of the machine',
    { 'proc/self/cgroup': '0::/a/run', ...v2('', 'max', 1e12), ...v2('/a', 'max', 9), ...v2('/a/run', 5000, 1000) }, // prettier-ignore
    4000,
  ],
  [
    'a limit of the group above',
    { 'proc/self/cgroup': '0::/a/run', ...v2('/a', 3000, 2500, 100), ...v2('/a/run', 'max', 1000) },
    600,
  ],
  [
    'the first version',
    { 'proc/self/cgroup': '5:cpu:/x\n4:memory:/a\n0::/', ...v1('', NO_LIMIT, 1e12), ...v1('/a', 5000, 900, 50) }, // prettier-ignore
    4150,
  ],
  [
    'its path is of the host: the mount is the container’s own',
    { 'proc/self/cgroup': '4:cpu,memory:/docker/123', ...v1('', 5000, 900) },
    4100,
  ],
  ['more than the limit is in use', { 'proc/self/cgroup': '0::/', ...v2('', 5000, 6000) }, 0],
] as const)('%s', async (_, files, expected) => {
  const found = await availableMemory(rootWith(files));
  if (expected === ALL) expect(Math.abs(found / freemem() - 1)).toBeLessThan(0.5);
  else expect(found).toBe(expected);
});

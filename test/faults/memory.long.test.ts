/** A run in a control group whose memory is limited: refused, or finished, but never killed. Needs root and cgroups v1 or v2. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SAMPLE_TRAIN } from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { BIN } from '../support/cli.js';
import { tell } from './runs.js';

/** Where groups of memory are made: those of the first version, or of the second. */
const [TOP, LIMIT] = existsSync('/sys/fs/cgroup/memory')
  ? ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes']
  : ['/sys/fs/cgroup', 'memory.max'];

function makeGroup(name: string): string | undefined {
  const group = join(TOP, `bertune-${process.pid}-${name}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, LIMIT), `${2 ** 40}`);
    return group;
  } catch {
    if (existsSync(group)) rmdirSync(group);
    return undefined;
  }
}

const probe = makeGroup('probe');
if (probe !== undefined) rmdirSync(probe);

/** In MB: from what Node itself hardly fits into, to more than the run takes. */
const LIMITS = [150, 200, 250, 300, 400, 500, 600, 700, 900, 1200];

test.skipIf(probe === undefined)(
  'a limit on memory: a clear refusal or a finished run, never the kernel’s kill',
  () => {
    const counts = { limits: LIMITS.length, refused: 0, finished: 0, killed: 0 };
    const cwd = tempFolder();
    for (const megabytes of LIMITS) {
      const group = makeGroup(String(megabytes))!;
      writeFileSync(join(group, LIMIT), String(megabytes * 1e6));
      const args = [
        'train',
        SAMPLE_TRAIN,
        '--max-steps',
        '2',
        '--no-baseline',
        '--test-split',
        '0.01',
        '--out',
        'x',
      ];
      const { status, signal, stderr } = spawnSync(
        'sh',
        ['-c', `echo $$ > ${join(group, 'cgroup.procs')}; exec "$0" "$@"`, process.execPath, BIN, ...args],
        { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
      );
      execFileSync('sleep', ['0.3']);
      rmdirSync(group);
      rmSync(join(cwd, 'x'), { recursive: true, force: true });
      const last = stderr.trimEnd().split('\n').at(-1)!;
      process.stdout.write(`  ${megabytes} MB: ${status ?? signal}: ${last.slice(0, 160)}\n`);
      if (status === 0) counts.finished++;
      else if (status === 2 && /^error: (?:the weights|this run needs) .* are there\b/.test(last))
        counts.refused++;
      else counts.killed++;
    }
    tell('memory limited', counts);
    expect(counts).toMatchObject({ killed: 0, refused: 10 - counts.finished });
    expect(counts.finished).toBeGreaterThan(0);
  },
);

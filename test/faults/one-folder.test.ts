/** Two runs for one folder, whatever they are called by, and what earlier ones left there. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath, ppid } from 'node:process';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startOf } from '../../src/files/alive.js';
import { withFolder } from '../../src/files/claim.js';
import { withLock } from '../../src/files/lock.js';
import { RunFolder } from '../../src/files/run-folder.js';
import { FileError, UsageError } from '../../src/util/errors.js';
import { failureOf, ownedBy, tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, sharedFolder, start, TINY_MODEL } from '../support/cli.js';
import { reviews, reviewsCsv } from '../support/reviews.js';
import { checkpointsOf } from './training/killed.js';

const dead = (): number => spawnSync(execPath, ['-e', '']).pid;
const HOUR_MS = 3_600_000;
const touch = (path: string, ms: number): void => {
  const time = new Date(Date.now() + ms);
  utimesSync(path, time, time);
};

/** Whether a run can be begun at `run` in a folder, beside what is there. */
async function begins(folder: string): Promise<true | string> {
  try {
    await (await RunFolder.create(join(folder, 'run'))).discard();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    return (error as FileError).message;
  }
}

/** A folder that has something hidden beside the place of a run. */
function beside(name: string, put: (path: string) => void = mkdirSync): string {
  const folder = tempFolder();
  put(join(folder, `.run.${name}`));
  return folder;
}

describe('what lies beside the place', () => {
  test('of a dead process: taken', async () => {
    const folder = beside(`partial-${ownedBy(dead())}`);
    expect(await begins(folder)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['the past', -20 * 365 * 24 * HOUR_MS],
    ['the future', HOUR_MS],
    ['now', 0],
  ])('of a living process, the clock in %s: refused', async (_, ms) => {
    const name = `partial-${ownedBy(ppid, startOf(ppid))}`;
    const folder = beside(name);
    touch(join(folder, `.run.${name}`), ms);
    expect(await begins(folder)).toContain(`being written by another run (process ${ppid})`);
    expect(readdirSync(folder)).toEqual([`.run.${name}`]);
  });

  test('of a dead process whose id is another’s now: taken', async () => {
    const other = spawn('sleep', ['60']);
    onTestFinished(() => void other.kill());
    expect(await begins(beside(`partial-${ownedBy(other.pid!, startOf(other.pid!))}`))).not.toBe(true);
    expect(await begins(beside(`partial-${ownedBy(other.pid!, '1')}`))).toBe(true);
  });

  test('of a process of an earlier life of this machine with our own id: taken', async () => {
    expect(await begins(beside(`partial-${ownedBy(process.pid, startOf(process.pid))}`))).toBe(true);
  });

  test.each([
    ['a moment ago', 0, false],
    ['within ten minutes', -9 * 60_000, false],
    ['hours ago', -3 * HOUR_MS, true],
    ['in hours to come, as one clock was set', 3 * HOUR_MS, true],
  ])('of another machine, the last sign %s: taken only when it has been silent', async (_, ms, isTaken) => {
    // The same id lives here: that says nothing of it.
    const name = `partial-${ownedBy(ppid, undefined, 'another')}`;
    const folder = beside(name);
    touch(join(folder, `.run.${name}`), ms);
    const said = await begins(folder);
    if (isTaken) expect(said).toBe(true);
    else expect(said).toContain(`(process ${ppid} of another machine): choose another --out; if there is no`);
  });

  test.each<[string, (path: string) => void]>([
    [
      'an empty file',
      (path) => {
        writeFileSync(path, '');
      },
    ],
    [
      'a link that leads nowhere',
      (path) => {
        symlinkSync('nowhere', path);
      },
    ],
    [
      'a link to a folder',
      (path) => {
        mkdirSync(`${path}-mine`);
        writeFileSync(join(`${path}-mine`, 'mine'), '');
        symlinkSync(`${path}-mine`, path);
      },
    ],
    [
      'a pipe',
      (path) => {
        spawnSync('mkfifo', [path]);
      },
    ],
  ])('%s of a dead process: removed, and nothing else', async (_, put) => {
    const name = `partial-${ownedBy(dead())}`;
    for (const role of [name, name.replace('partial', 'replaced')]) {
      const folder = beside(role, put);
      expect(await begins(folder)).toBe(true);
      expect(readdirSync(folder)).toEqual(existsSync(join(folder, `.run.${role}-mine`)) ? [`.run.${role}-mine`] : []); // prettier-ignore
      for (const mine of readdirSync(folder)) expect(readdirSync(join(folder, mine))).toEqual(['mine']);
    }
  });

  test('with half a name, or somebody else’s: left alone', async () => {
    const folder = beside('partial-');
    for (const name of ['.run.partial-1f0c9a52', '.run.partial-lock', '.run.lock'])
      mkdirSync(join(folder, name));
    expect(await begins(folder)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(4);
  });
});

describe('one place by several names, at once', () => {
  test.each<[string, (folder: string) => string]>([
    ['the same', (folder) => join(folder, 'runs/run')],
    ['with ..', (folder) => `${folder}/runs/../runs/./run/`],
    ['relative', (folder) => join('..', '..', ...Array<string>(20).fill('..'), folder, 'runs/run')],
    ['by a link to its folder', (folder) => join(folder, 'link', 'run')],
  ])('%s: the second is refused', async (_, other) => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'runs'));
    symlinkSync('runs', join(folder, 'link'));
    const run = await RunFolder.create(join(folder, 'runs/run'));
    const error = await failureOf(RunFolder.create(other(folder)));
    expect(error.message).toContain('is being written by another run');
    await run.write('a', 'x');
    await run.commit();
    expect(readdirSync(join(folder, 'runs'))).toEqual(['run']);
  });

  test('by a link to the run itself, with --force: the second is refused', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'run'));
    symlinkSync('run', join(folder, 'latest'));
    const run = await RunFolder.create(join(folder, 'latest'), { force: true });
    expect(await begins(folder)).toContain('is being written by another run');
    await run.discard();
    expect(await begins(folder)).toBe(true);
  });

  test('a sweep, or folds, and a run: the second is refused, whichever it is', async () => {
    const folder = tempFolder();
    const place = join(folder, 'run');
    await withFolder(place, async () => {
      expect(await begins(folder)).toContain('is being written by another run');
      await expect(withFolder(place, () => Promise.resolve())).rejects.toThrow(
        'is being written by another run',
      );
    });
    const run = await RunFolder.create(place);
    await expect(withFolder(place, () => Promise.resolve())).rejects.toThrow(
      'is being written by another run',
    );
    await run.discard();
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('work that fails leaves none of the folders that were made for it; what it wrote stays', async () => {
  const folder = tempFolder();
  const fails = (): Promise<never> => Promise.reject(new UsageError('no'));
  await expect(withFolder(join(folder, 'a/b/sweep'), fails)).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual([]);
  const place = join(folder, 'a/b/sweep');
  await withFolder(place, () => mkdir(place));
  expect(readdirSync(join(folder, 'a/b'))).toEqual(['sweep']);
});

describe('a place that can’t be one: refused before hours are spent', () => {
  const both = async (path: string): Promise<string[]> =>
    Promise.all(
      [RunFolder.create(path), withFolder(path, () => Promise.resolve())].map(
        async (each) => (await failureOf(each)).message,
      ),
    );

  test('a file; a pipe; a link that leads nowhere, or in a circle', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), 'mine');
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('nowhere', join(folder, 'link'));
    symlinkSync('circle', join(folder, 'circle'));
    const before = readdirSync(folder);
    for (const [name, why] of [
      ['file', 'is a file'],
      ['pipe', 'is a file'],
      ['link', 'is a link that leads nowhere'],
      ['circle', 'its symbolic links lead in a circle'],
    ] as const) {
      // prettier-ignore
      for (const message of await both(join(folder, name))) expect(message).toContain(why);
    }
    expect(readdirSync(folder)).toEqual(before);
  });

  test.skipIf(process.platform === 'win32')('a folder that may only be read', async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o555);
    const isRoot = process.getuid!() === 0;
    if (isRoot) process.seteuid!(65_534); // whom no permission stops
    try {
      for (const message of await both(join(folder, 'run'))) {
        expect(message).toBe(`cannot write ${join(folder, 'run')}: permission denied: change its permissions or choose another place`); // prettier-ignore
      }
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(folder, 0o755);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the lock of a download', () => {
  const work = (): Promise<string> => Promise.resolve('done');

  test.each<[string, (path: string) => void]>([
    [
      'of a dead process',
      (path) => {
        writeFileSync(path, ownedBy(dead()));
      },
    ],
    [
      'whose id is another’s now',
      (path) => {
        writeFileSync(path, ownedBy(ppid, '1'));
      },
    ],
    [
      'empty, and old',
      (path) => {
        writeFileSync(path, '');
        touch(path, -HOUR_MS);
      },
    ],
    [
      'cut, and old',
      (path) => {
        writeFileSync(path, ownedBy(dead()).slice(0, 12));
        touch(path, -HOUR_MS);
      },
    ],
    [
      'of something else, and old',
      (path) => {
        writeFileSync(path, '{"pid":1}\xff');
        touch(path, -HOUR_MS);
      },
    ],
    [
      'from the future',
      (path) => {
        writeFileSync(path, '');
        touch(path, HOUR_MS);
      },
    ],
  ])('%s: taken', async (_, put) => {
    const path = join(tempFolder(), 'a.lock');
    put(path);
    expect(await withLock(path, work)).toBe('done');
    expect(existsSync(path)).toBe(false);
  });

  test('a link that leads nowhere, and old: removed, not followed', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.lock');
    symlinkSync(join(folder, 'elsewhere'), path);
    spawnSync('touch', ['-h', '-d', '2020-01-01', path]);
    expect(await withLock(path, work)).toBe('done');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder, or a pipe: said', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'a.lock'));
    spawnSync('mkfifo', [join(folder, 'b.lock')]);
    for (const name of ['a.lock', 'b.lock']) {
      await expect(withLock(join(folder, name), work)).rejects.toThrow(`${name} is no file, expected one`);
    }
  });

  test('of a living process: waited for', async () => {
    const path = join(tempFolder(), 'a.lock');
    writeFileSync(path, ownedBy(ppid, startOf(ppid)));
    const signal = AbortSignal.timeout(300);
    await expect(withLock(path, work, { signal })).rejects.toThrow();
    expect(readFileSync(path, 'utf8')).toContain(String(ppid));
  });
});

describe('commands, while a run is trained', () => {
  const cwd = sharedFolder();
  const data = ['a.csv', '--no-baseline', ...TINY_MODEL];
  let running: ReturnType<typeof start>;
  const busy = /error: run is being written by another run \(process \d+\)/;

  beforeAll(async () => {
    writeFileSync(join(cwd, 'a.csv'), reviewsCsv(reviews(40)));
    writeFileSync(join(cwd, 'b.csv'), reviewsCsv(reviews(60).slice(40)));
    await bertuneOk(['train', ...data, '--max-steps', '2', '--out', 'run'], { cwd });
    const long = ['--epochs', '1000000', '--save-steps', '50', '--out', 'run', '--force'];
    running = start(['train', ...data, ...long], { cwd });
    await running.seen('stderr', (text) => text.includes('This will take'));
    return async () => {
      running.child.kill('SIGKILL');
      await running.finished;
    };
  });

  test('a second one in its place, of any kind, is refused, also with --force', async () => {
    for (const args of [
      ['train', ...data, '--out', 'run', '--force'],
      ['train', ...data, '--out', 'run', '--folds', '2', '--force'],
      ['pretrain', 'a.csv', ...TINY_MODEL, '--out', 'run', '--force'],
      ['sweep', 'a.csv', ...TINY_MODEL, '--out', 'run', '--learning-rate', '1e-4,1e-3'],
      ['export', 'run', '--out', 'run', '--force'],
    ]) {
      const { code, stderr } = await bertune(args, { cwd });
      expect(stderr, args[0]).toMatch(busy);
      expect(code).toBe(2);
    }
  });

  test('the finished run that it replaces is there for all that reads it, and is not mixed up with it', async () => {
    const accuracy = JSON.parse(await bertuneOk(['evaluate', 'run', 'a.csv', '--json'], { cwd })) as object;
    expect(accuracy).toHaveProperty('accuracy');
    await bertuneOk(['calibrate', 'run', 'b.csv'], { cwd });
    await bertuneOk(['report', 'run', '--out', 'page.html'], { cwd });
    await bertuneOk(['predict', 'run', 'a fine film'], { cwd });
    expect((await bertune(['verify', 'run'], { cwd })).stdout).toMatch(/model\.safetensors +[\d,]+ +ok/);
    expect(running.child.exitCode).toBe(null);
  });

  test('killed, its place is free again, and it goes on from its checkpoint', async () => {
    const { child, finished } = running;
    await vi.waitUntil(() => checkpointsOf(join(cwd, 'run')).length > 0, 60_000);
    child.kill('SIGKILL');
    await finished;
    const hidden = (): string[] => readdirSync(cwd).filter((name) => name.startsWith('.run.'));
    expect(hidden()).toHaveLength(1);
    const again = await bertune(['train', ...data, '--out', 'run'], { cwd });
    expect(again.stderr).toMatch(
      /run holds an unfinished run \(checkpoint-\d+\): go on with "bertune train --resume run"/,
    );
    mkdirSync(join(cwd, 'u'));
    const [newest] = checkpointsOf(join(cwd, 'run'));
    cpSync(join(cwd, `run/checkpoint-${newest}`), join(cwd, `u/checkpoint-${newest}`), { recursive: true });
    expect((await bertune(['evaluate', 'u', 'b.csv'], { cwd })).stderr).toMatch(
      /^error: u is an unfinished run, with checkpoint-\d+: "bertune verify u" says how to go on/,
    );
    const record = await bertune(['train', '--resume', 'run', '--epochs', '1'], { cwd });
    expect(record.stderr).toMatch(/begun with other settings: --epochs is 1, was 1000000/);
    expect(hidden()).toEqual([]);
    // A leftover that came further than the new run ever will.
    cpSync(join(cwd, `run/checkpoint-${newest}`), join(cwd, 'run', 'checkpoint-99999999'), {
      recursive: true,
    });
    await bertuneOk(['train', ...data, '--max-steps', '4', '--save-steps', '2', '--out', 'run', '--force'], { cwd }); // prettier-ignore
    expect(checkpointsOf(join(cwd, 'run'))).toEqual([]);
  });
});

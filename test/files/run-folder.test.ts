import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { cwd, execPath, pid, ppid } from 'node:process';
import { describe, expect, test } from 'vitest';
import { RunFolder, type FolderDisk } from '../../src/files/run-folder.js';
import { EXIT, FileError, InternalError } from '../../src/util/errors.js';
import { failureOf, ownedBy, systemError, tempFolder } from './temp.js';

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

/** A place for a run, with an earlier run in it when `files` are given. */
function place(files?: Record<string, string>): { parent: string; path: string } {
  const parent = tempFolder();
  const path = join(parent, 'x');
  if (files) mkdirSync(path);
  for (const [name, text] of Object.entries(files ?? {})) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { parent, path };
}

const OLD = { 'bertune.json': '{}', 'model.safetensors': 'old' };

async function fill(run: RunFolder): Promise<void> {
  await run.write('model.safetensors', Float32Array.of(1));
  await run.write('bertune.json', '{"new":true}');
}

/** The name of a process that has ended, and that of one that lives. */
const dead = () => ownedBy(spawnSync(execPath, ['-e', '']).pid);
const living = () => ownedBy(ppid);

test('nothing is at the place until commit; then everything', async () => {
  const { parent, path } = place();
  const run = await RunFolder.create(join(path, 'deep'));
  await fill(run);
  await run.write('checkpoint-5/state.json', '{}');
  expect(existsSync(join(path, 'deep'))).toBe(false);
  await run.commit();
  expect(readdirSync(join(path, 'deep')).sort()).toEqual([
    'bertune.json',
    'checkpoint-5',
    'model.safetensors',
  ]);
  expect(readdirSync(parent)).toEqual(['x']);
  expect(readdirSync(path)).toEqual(['deep']);
  await run.discard();
  expect(readdirSync(path)).toEqual(['deep']);
});

test('discard leaves the place as it was, and may be called twice', async () => {
  const { parent, path } = place(OLD);
  const run = await RunFolder.create(path, { force: true });
  await fill(run);
  await run.discard();
  await run.discard();
  expect(readdirSync(parent)).toEqual(['x']);
  expect(read(path, 'model.safetensors')).toBe('old');
  expect(await failureOf(run.write('a', 'b'))).toBeInstanceOf(InternalError);
  expect(await failureOf(run.commit())).toBeInstanceOf(InternalError);
});

test('an empty folder may be taken without force', async () => {
  const { parent, path } = place({});
  const run = await RunFolder.create(path);
  await fill(run);
  await run.commit();
  expect(readdirSync(parent)).toEqual(['x']);
  expect(readdirSync(path)).toContain('bertune.json');
});

test('with force an earlier run is there, whole, until the commit replaces it whole', async () => {
  const { parent, path } = place({ ...OLD, 'extra.txt': 'x', 'checkpoint-5/a': 'x' });
  const run = await RunFolder.create(path, { force: true });
  await fill(run);
  expect(read(path, 'model.safetensors')).toBe('old');
  await run.commit();
  expect(readdirSync(path).sort()).toEqual(['bertune.json', 'model.safetensors']);
  expect(readdirSync(parent)).toEqual(['x']);
});

test('a link to a run stays a link', async () => {
  const { parent, path } = place(OLD);
  symlinkSync('x', join(parent, 'latest'));
  const run = await RunFolder.create(join(parent, 'latest'), { force: true });
  await fill(run);
  await run.commit();
  expect(read(path, 'bertune.json')).toBe('{"new":true}');
  expect(readdirSync(parent)).toEqual(['latest', 'x']);
});

test('files are copied from the folder of the model, where there are such', async () => {
  const { parent, path } = place();
  writeFileSync(join(parent, 'tokenizer.json'), 'whole');
  const run = await RunFolder.create(path);
  expect(await run.copyFrom(parent, 'tokenizer.json')).toBe(true);
  expect(await run.copyFrom(parent, 'vocab.txt')).toBe(false);
  await run.commit();
  expect(read(path, 'tokenizer.json')).toBe('whole');
});

test('a name outside the folder is a fault of ours', async () => {
  const { path } = place();
  const run = await RunFolder.create(path);
  for (const name of ['../y', '.', 'a/../../y', '']) {
    expect(await failureOf(run.write(name, 'x'))).toBeInstanceOf(InternalError);
  }
  await run.discard();
});

describe('refused before anything is written', () => {
  test.each<[string, Record<string, string>, boolean, string]>([
    ['a run, without force', OLD, false, 'already holds a run: choose another --out or pass --force'],
    [
      'something else',
      { 'a.txt': '' },
      false,
      'holds something else than a run (a.txt): choose another --out',
    ],
    ['something else, with force', { 'a.txt': '' }, true, 'holds something else than a run'],
    ['a project with a settings file of our name', { ...OLD, 'src/a.ts': '' }, true, "src isn't part of it"],
    ['a repository', { ...OLD, '.git/HEAD': '' }, true, ".git isn't part of it"],
    ['a folder with our name', { 'bertune.json/x': '' }, true, 'holds something else than a run'],
  ])('%s', async (_, files, force, message) => {
    const { parent, path } = place(files);
    const error = await failureOf(RunFolder.create(path, { force }));
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ exitCode: EXIT.input });
    expect(error.message).toContain(`${path} `);
    expect(error.message).toContain(message);
    expect(readdirSync(parent)).toEqual(['x']);
    for (const [name, text] of Object.entries(files)) expect(read(path, name)).toBe(text);
  });

  test.each([cwd(), dirname(cwd()), homedir(), dirname(homedir()), '/', '.', '..'])(
    '%s, with force',
    async (path) => {
      const error = await failureOf(RunFolder.create(path, { force: true }));
      expect(error.message).toContain('choose a folder inside it');
    },
  );

  test('a file, and a place under a file', async () => {
    const { parent, path } = place();
    writeFileSync(path, 'mine');
    expect((await failureOf(RunFolder.create(path, { force: true }))).message).toBe(
      `${path} is a file: choose another --out`,
    );
    expect((await failureOf(RunFolder.create(join(path, 'y')))).message).toContain('a file is in the way');
    expect((await failureOf(RunFolder.create(join(path, 'y/z')))).message).toContain(
      'a part of its path is a file',
    );
    expect(readdirSync(parent)).toEqual(['x']);
  });

  test('too little space', async () => {
    const { parent, path } = place();
    const run = await RunFolder.create(path);
    const error = await failureOf(run.requireSpace(1e18));
    await run.discard();
    expect(error.message).toMatch(/not enough space for .*: [\d,]+ MB free, 1,000,000,000,000 MB needed/);
    expect(readdirSync(parent)).toEqual([]);
  });

  const isMount = existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync('/dev').dev;
  test.skipIf(!isMount)('a mount point, which cannot be renamed (needs /dev/shm, as on Linux)', async () => {
    const error = await failureOf(RunFolder.create('/dev/shm', { force: true }));
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toBe('/dev/shm is a mount point: choose a folder inside it, such as /dev/shm/run');
  });
});

describe('two runs for one place', () => {
  test('the second is refused while the first is written, in this process or another', async () => {
    const { parent, path } = place();
    const first = await RunFolder.create(path);
    expect((await failureOf(RunFolder.create(path))).message).toContain(
      `${path} is being written by another run (process ${pid})`,
    );
    await first.discard();
    mkdirSync(join(parent, `.x.partial-${living()}`));
    expect((await failureOf(RunFolder.create(path))).message).toContain(`(process ${ppid})`);
  });

  test('of two that begin at the same moment, one that sees the other is refused and leaves nothing', async () => {
    const { parent, path } = place();
    const leftover = `.x.partial-${dead()}`;
    const rival = `.x.partial-${living()}`;
    mkdirSync(join(parent, leftover));
    // The other one begins after this one has looked for others, while it clears a leftover away.
    const rm: FolderDisk['rm'] = async (name, options) => {
      if (String(name).endsWith(leftover)) mkdirSync(join(parent, rival));
      await fs.rm(name, options);
    };
    const error = await failureOf(RunFolder.create(path, { disk: { ...fs, rm } }));
    expect(error.message).toContain(`${path} is being written by another run (process ${ppid})`);
    expect(readdirSync(parent)).toEqual([rival]);
  });

  test('one that appears meanwhile is not overwritten, and the finished run is kept', async () => {
    const { parent, path } = place();
    const run = await RunFolder.create(path);
    await fill(run);
    mkdirSync(path);
    writeFileSync(join(path, 'bertune.json'), 'theirs');
    const error = await failureOf(run.commit());
    await run.discard();
    const kept = join(parent, `x.unsaved-${pid}`);
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toContain(`The finished run is kept in ${kept}`);
    expect(read(kept, 'bertune.json')).toBe('{"new":true}');
    expect(read(path, 'bertune.json')).toBe('theirs');
  });
});

describe('leftovers', () => {
  test('of dead processes are removed; of others, and other names, are not', async () => {
    const { parent, path } = place(OLD);
    const gone = dead();
    const others = [
      `.y.partial-${gone}`,
      '.x.partial-',
      `.x.partial-${gone}a`,
      `x.partial-${gone}`,
      `.x.old-${gone}`,
    ];
    for (const name of [
      `.x.partial-${gone}`,
      `.x.partial-${ownedBy(pid)}`,
      `.x.replaced-${gone}`,
      ...others,
    ]) {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'f'), '');
    }
    await (await RunFolder.create(path, { force: true })).discard();
    expect(readdirSync(parent).sort()).toEqual(['x', ...others].sort());
    expect(read(path, 'model.safetensors')).toBe('old');
  });

  test('of a death between the two renames: the old run comes back', async () => {
    const { parent, path } = place();
    mkdirSync(join(parent, `.x.replaced-${dead()}`));
    writeFileSync(join(parent, readdirSync(parent)[0]!, 'bertune.json'), 'old');
    expect((await failureOf(RunFolder.create(path))).message).toContain('already holds a run');
    expect(readdirSync(parent)).toEqual(['x']);
    expect(read(path, 'bertune.json')).toBe('old');
  });
});

describe('a commit of which a call fails', () => {
  /** A disk on which the `failAt`-th rename or removal (from 0) fails. */
  function failingDisk(failAt: number): FolderDisk {
    let calls = 0;
    const step = () => {
      if (calls++ === failAt) throw systemError('EIO');
    };
    return {
      ...fs,
      rename: async (from, to) => { step(); await fs.rename(from, to); }, // prettier-ignore
      rm: async (path, options) => { step(); await fs.rm(path, options); }, // prettier-ignore
    };
  }

  test.each([
    [0, 'moving the old run aside'],
    [1, 'moving the new run in'],
  ])('%i, %s: the old run is whole, the new one kept', async (failAt) => {
    const { parent, path } = place(OLD);
    const run = await RunFolder.create(path, { force: true, disk: failingDisk(failAt) });
    await fill(run);
    const error = await failureOf(run.commit());
    expect(error.message).toContain(`cannot write ${path}: the disk reports an error`);
    expect(error.message).toContain('The finished run is kept in');
    expect(read(path, 'model.safetensors')).toBe('old');
    expect(readdirSync(parent)).toEqual(['x', `x.unsaved-${pid}`]);
    expect(read(parent, `x.unsaved-${pid}`, 'bertune.json')).toBe('{"new":true}');
  });

  test('2, removing the old run: the new one is in place, the leftover goes with the next run', async () => {
    const { parent, path } = place(OLD);
    const run = await RunFolder.create(path, { force: true, disk: failingDisk(2) });
    await fill(run);
    await run.commit();
    expect(read(path, 'bertune.json')).toBe('{"new":true}');
    expect(readdirSync(parent)).toHaveLength(2);
    await (await RunFolder.create(path, { force: true })).discard();
    expect(readdirSync(parent)).toEqual(['x']);
  });
});

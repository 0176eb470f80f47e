/** Builds `dist/` once before all tests, as many processes that each find it stale would write over each other. */
import { spawnSync } from 'node:child_process';
import { BIN } from './cli.js';

export default function setup(): void {
  const { status, stderr } = spawnSync(process.execPath, [BIN, '--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bertune can't be built:\n${stderr}`);
}

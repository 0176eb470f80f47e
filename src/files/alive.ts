import { readFileSync } from 'node:fs';
import { kill } from 'node:process';
import { codeOf } from './errors.js';

/** Whether a process of this machine lives. */
export function isAlive(process: number): boolean {
  try {
    return kill(process, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM'; // It lives, but belongs to another user.
  }
}

/**
 * When a process was started, in ticks since the machine was: with its id a name that no other process gets. `undefined`
 * where the system doesn't say (it is not Linux), or there is no such process.
 */
export function startOf(process: number): string | undefined {
  try {
    // The second field is the command in parentheses, which may hold anything; the start is the 22nd.
    return readFileSync(`/proc/${process}/stat`, 'latin1').split(') ').at(-1)!.split(' ')[19];
  } catch {
    return undefined;
  }
}

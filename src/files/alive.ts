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

// A contender: a process that says {"ready":true}, does one slice of work for each line on its standard input, and says
// {"peakBytes"} at the end of it. Lines that aren't JSON are ignored: libraries print.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * @typedef {object} ContenderSpec
 * @property {string} id
 * @property {string} label
 * @property {readonly string[]} command program and arguments
 * @property {string} [note] what a reader of the table should know
 * @property {boolean} [brief] so slow that it does one slice in all, without warming up
 * @property {'python' | 'transformers.js'} [needs]
 * @property {Record<string, string>} [env]
 */

export class Contender {
  #child;
  #spec;
  #lines = [];
  #waiting = [];
  #ended;
  #stderr = '';

  /** @param {ContenderSpec} spec */
  constructor(spec) {
    this.#spec = spec;
    const [program, ...args] = spec.command;
    this.#child = spawn(program, args, { env: { ...process.env, ...spec.env } });
    running.add(this.#child);
    this.#child.stdin.on('error', () => undefined); // it may end first; then its exit says why
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-4000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const message = parsed(line);
      if (!message) return;
      const next = this.#waiting.shift();
      if (next) next.resolve(message);
      else this.#lines.push(message);
    });
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code) => this.#end(`it ended with code ${code}`));
  }

  get spec() {
    return this.#spec;
  }

  /** What it says when it is ready: versions, and what the answers are checked by. */
  async ready() {
    return this.#next();
  }

  /** One slice of work. @returns {Promise<import('./statistics.js').Work>} */
  async slice() {
    this.#child.stdin.write('\n');
    return this.#next();
  }

  /** @returns {Promise<{ peakBytes: number }>} */
  async end() {
    this.#child.stdin.end();
    return this.#next();
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  #next() {
    const line = this.#lines.shift();
    if (line) return Promise.resolve(line);
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #end(why) {
    running.delete(this.#child);
    this.#ended ??= new Error(
      `${this.#spec.label}: ${why}. It ran: ${this.#spec.command.join(' ')}\n${this.#stderr.trimEnd()}`,
    );
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}

function parsed(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

// What a bench needs to prepare and run itself.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTurn } from './turns.js';
import { speedRows } from './result.js';

const SCRIPTS = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} Options
 * @property {number} rounds
 * @property {boolean} quick tiny slices: shows that it works, its figures mean nothing
 * @property {boolean} onlyOurs
 * @property {string} [reuse] an earlier JSON whose peer figures are taken over (accuracy)
 */

export class Context {
  #jobs = 0;
  /** Why contenders were left out. */
  leftOut = new Set();

  /**
   * @param {Options} options
   * @param {import('./peers.js').Peers} peers
   * @param {ReturnType<import('./machine.js').machine>} machine
   * @param {(text: string) => void} say
   */
  constructor(options, peers, machine, say) {
    this.options = options;
    this.peers = peers;
    this.machine = machine;
    this.say = say;
    this.folder = mkdtempSync(join(tmpdir(), 'bertune-bench-'));
  }

  get quick() {
    return this.options.quick;
  }

  close() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The path of a new file that holds a job. */
  job(content) {
    const path = join(this.folder, `job-${this.#jobs++}.json`);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  /** The command that runs a script of the bench on a job. */
  command(script, ...args) {
    const program = script.endsWith('.py') ? (this.peers.python ?? 'python3') : process.execPath;
    return [program, `${SCRIPTS}${script}`, ...args];
  }

  /** What contenders work on: see ours/prepare.js. */
  async prepare(job) {
    this.say(`preparing ${job.make}`);
    return this.run(this.command('ours/prepare.js', this.job(job)));
  }

  /** Runs a command to its end, and gives the last line of JSON that it printed. */
  async run(command) {
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (part) => (text[name] += part));
    }
    const stop = () => child.kill('SIGKILL');
    process.on('exit', stop);
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    process.off('exit', stop);
    if (code !== 0)
      throw new Error(`${command.join(' ')} ended with code ${code}:\n${text.stderr.slice(-4000)}`);
    const last = text.stdout
      .trimEnd()
      .split('\n')
      .findLast((line) => line.startsWith('{'));
    return last === undefined ? {} : JSON.parse(last);
  }

  /** Those contenders that can run here; why others can't is remembered. */
  present(specs) {
    return specs.filter(({ id, needs }) => {
      if (this.options.onlyOurs) return id.startsWith('ours');
      const why = needs && this.peers.missing[needs];
      if (why) this.leftOut.add(why);
      return !why;
    });
  }

  /**
   * Runs contenders in turn, and gives a part of the result.
   *
   * @param {string} title
   * @param {readonly import('./contender.js').ContenderSpec[]} specs
   * @param {object} plan
   * @param {number} plan.slices in each round
   * @param {(ready: Map<string, object>) => void} [plan.check]
   * @param {readonly import('./result.js').Comparison[]} plan.comparisons
   * @param {number} [plan.stepTexts] texts of a step, where every step is alike
   * @param {string} [plan.ratioTitle]
   */
  async race(title, specs, { slices, check, comparisons, stepTexts, ratioTitle }) {
    const { rounds } = this.options;
    const say = (text) => this.say(`${title}: ${text}`);
    const present = this.present(specs);
    const results = await inTurn(present, { rounds, slices, check, say });
    return { kind: 'speed', title, ratioTitle, stepTexts, rows: speedRows(present, results, comparisons) };
  }
}

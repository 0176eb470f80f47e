// Which peers can run here.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inBench = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const PACKAGES = ['torch', 'transformers', 'accelerate', 'onnx', 'onnxscript'];
const INSTALL_PYTHON = 'python -m venv .bench && .bench/bin/pip install -r bench/peers/requirements.txt';
const INSTALL_NODE = 'npm ci --prefix bench/peers';

/**
 * @typedef {object} Peers
 * @property {string | undefined} python a Python that has all packages
 * @property {Record<string, string>} missing why a kind of peer can't run, and what to do
 * @property {Record<string, string>} versions
 */

/** @param {string | undefined} given the Python to use @returns {Peers} */
export function findPeers(given) {
  const missing = {};
  const versions = {};
  const python = given ?? [inBench('../.bench/bin/python')].find((path) => existsSync(path)) ?? 'python3';
  try {
    const code = `import importlib.metadata as m, json; print(json.dumps({p: m.version(p) for p in ${JSON.stringify(PACKAGES)}}))`;
    const stdio = ['ignore', 'pipe', 'pipe'];
    Object.assign(versions, JSON.parse(execFileSync(python, ['-c', code], { encoding: 'utf8', stdio })));
  } catch (error) {
    const said = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .at(-1);
    missing.python = `${python} can't run the Python peers (${said}). To install them: ${INSTALL_PYTHON}`;
  }
  const installed = inBench('peers/node_modules/@huggingface/transformers/package.json');
  if (existsSync(installed))
    versions['transformers.js'] = JSON.parse(readFileSync(installed, 'utf8')).version;
  else missing['transformers.js'] = `transformers.js is not installed. To install it: ${INSTALL_NODE}`;
  // Its model is an ONNX export that Python makes.
  if (missing.python) missing['transformers.js'] ??= missing.python;
  return { python: missing.python ? undefined : python, missing, versions };
}

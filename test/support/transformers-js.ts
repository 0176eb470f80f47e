/**
 * The real transformers.js. It is no dependency for development: with its own ONNX Runtime it takes 470 MB. Where
 * `npm ci --prefix bench/peers` has put it, exports are read with it; with BERTUNE_PEERS=required it has to be there.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

export const PEERS = fileURLToPath(new URL('../../bench/peers/', import.meta.url));
export const hasTransformersJs = existsSync(`${PEERS}node_modules/@huggingface/transformers/package.json`);

/** A test that needs it. */
export function testWithTransformersJs(name: string, body: () => Promise<void>): void {
  if (hasTransformersJs) test(name, body, 120_000);
  else if (process.env['BERTUNE_PEERS'] === 'required') {
    test(name, () => {
      expect.fail('BERTUNE_PEERS=required, but there is no transformers.js: npm ci --prefix bench/peers');
    });
  } else test.skip(`${name} (skipped: no transformers.js here; npm ci --prefix bench/peers)`);
}

/** All labels with their scores, of each text. */
export type PipelineAnswers = readonly (readonly { readonly label: string; readonly score: number }[])[];

/** What `pipeline('text-classification', folder)` answers in Node, in a process of its own: it has another ONNX Runtime. */
export async function pipelineInNode(
  folder: string,
  dtype: 'fp32' | 'fp16' | 'q8',
  texts: readonly string[],
): Promise<PipelineAnswers> {
  const program = `
    import { classifierOf } from './pipeline.js';
    const [folder, dtype, texts] = process.argv.slice(1);
    const classify = await classifierOf(folder, dtype);
    const answers = [];
    for (const text of JSON.parse(texts)) answers.push(await classify(text, { top_k: null }));
    console.log(JSON.stringify(answers));`;
  const args = ['--input-type=module', '-e', program, folder, dtype, JSON.stringify(texts)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PEERS, timeout: 60_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as PipelineAnswers;
}

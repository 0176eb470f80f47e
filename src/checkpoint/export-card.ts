/** The model card of an export: what its files are, and what was measured of them. */
import { CHECK_METRICS, type CheckMetric } from '../util/check-metrics.js';
import type { ModelDtype } from '../util/dtypes.js';
import type { ProblemType } from '../util/problem.js';
import { plural } from '../util/wording.js';
import { VERSION } from '../util/version.js';
import { answersElsewhere, type RunContract } from './contract.js';
import { asSentence, plain } from './model-card.js';
import { publicName } from './public-names.js';

/** One kind of file, on the texts that it was checked with. */
export interface MeasuredFile {
  readonly bytes: number;
  /** How well the texts are classified, by the check's `metric`. */
  readonly score: number;
  readonly texts_per_second: number;
}

/** An int8 file beside the same model in fp32, measured in turn on the same texts. */
export interface ExportCheck {
  /** What the texts are called. */
  readonly data: string;
  readonly examples: number;
  /** Whether they are the run's own test texts, of which it is known that it didn't learn from them. */
  readonly own_test_texts: boolean;
  readonly threads: number;
  readonly problem_type: ProblemType;
  /** What scores are: `accuracy` of classes, `f1_micro` of several labels, `r2` of numbers. */
  readonly metric: CheckMetric['field'];
  readonly fp32: MeasuredFile;
  readonly int8: MeasuredFile;
  /** Hundredths of the score that int8 loses, of accuracy percentage points; below 0 where it gains. */
  readonly drop: number;
  /** Share of the texts that both give the same label, or the same labels; not of numbers. */
  readonly same_label?: number;
  /** Of numbers: how far the two are apart, on average. */
  readonly mean_difference?: number;
}

export interface ExportCardInput {
  readonly labels: readonly string[];
  readonly isForTransformers: boolean;
  readonly files: readonly { readonly name: string; readonly dtype: ModelDtype; readonly bytes: number }[];
  readonly check: ExportCheck | undefined;
  readonly maxLength: number;
  readonly truncation: string;
  readonly contract: RunContract | undefined;
  /** Whether the files also have the output `probabilities`. */
  readonly probabilities?: boolean | undefined;
}

const MEANING: Readonly<Record<ModelDtype, string>> = {
  fp32: 'the weights as they were trained',
  fp16: 'weights in fp16, computed in fp32',
  int8: 'weights in int8 with a scale for each output, products quantized dynamically',
};

const DTYPE_OF_TRANSFORMERS: Readonly<Record<ModelDtype, string>> = {
  fp32: 'fp32',
  fp16: 'fp16',
  int8: 'q8',
};

export function exportCard(input: ExportCardInput): string {
  const { labels, isForTransformers, files, maxLength, truncation, contract, probabilities } = input;
  const rows = files.map(
    ({ name, dtype, bytes }) => `| \`${name}\` | ${megabytes(bytes)} | ${MEANING[dtype]} |`,
  );
  return `---
library_name: ${isForTransformers ? 'transformers.js' : 'onnx'}
pipeline_tag: text-classification
tags: [text-classification, onnx, bertune]
---

# ${labels.map(plain).join(' / ')}

A text classifier, written as ONNX by bertune ${VERSION}.

| file | size | |
|---|---|---|
${rows.join('\n')}

Inputs are \`input_ids\`, \`attention_mask\` and, where the model reads them, \`token_type_ids\` (int64 [texts, tokens]); the output
is \`logits\`${probabilities ? ', and beside it `probabilities`' : ''}. Texts are read to ${maxLength} tokens (\`${truncation}\` of longer ones).${asSentence(answersElsewhere(contract))}
${checkPart(input.check)}${isForTransformers ? transformersPart(files[0]!.dtype) : ''}`;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function checkPart(check: ExportCheck | undefined): string {
  if (!check) return '';
  const { data, examples, fp32, int8, threads } = check;
  const { name: metric, show } = CHECK_METRICS[check.problem_type];
  const row = (name: string, { score, bytes, texts_per_second }: MeasuredFile): string =>
    `| ${name} | ${show(score)} | ${megabytes(bytes)} | ${texts_per_second.toFixed(1)} |`;
  return `
## int8 beside fp32

On ${plural(examples, 'text')} of ${plain(publicName(data))}${check.own_test_texts ? ', not seen in training' : ''}, in turn on one machine (${plural(threads, 'thread')}).
${agreement(check)}

| | ${metric} | size | texts a second |
|---|---|---|---|
${row('fp32', fp32)}
${row('int8', int8)}
`;
}

function agreement({ problem_type, same_label = 0, mean_difference = 0 }: ExportCheck): string {
  if (problem_type === 'regression') return `The two are ${mean_difference.toPrecision(2)} apart on average.`;
  const what = problem_type === 'multi_label_classification' ? 'labels' : 'label';
  return `Both give the same ${what} to ${(100 * same_label).toFixed(1)} % of them.`;
}

const transformersPart = (dtype: ModelDtype): string => `
## Use

\`\`\`js
import { pipeline } from '@huggingface/transformers';
const classify = await pipeline('text-classification', '<this folder>', { dtype: '${DTYPE_OF_TRANSFORMERS[dtype]}' });
console.log(await classify('a text'));
\`\`\`
`;

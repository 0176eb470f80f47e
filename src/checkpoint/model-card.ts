/** The model card, README.md, in Hugging Face's format: YAML between dashes, then Markdown. */
import { isObject } from '../util/objects.js';
import { PROBLEM_TYPES, type ProblemType } from '../util/problem.js';
import { VERSION } from '../util/version.js';
import { escapedJson, oneLine, plural } from '../util/wording.js';
import { answersElsewhere, elsewhere, type RunContract, type RunRecord } from './contract.js';
import { isOnHub, publicModel, publicName } from './public-names.js';

/** YAML takes JSON's strings, so whatever a label or file name holds can't break out of its place. */
const yaml = (text: string): string => escapedJson(JSON.stringify(text));

/**
 * Text that came from a user, without Markdown's and HTML's meaning, nor what sites make of bare text: links (`www.`, `:`),
 * people (`@`), formulas (`$`).
 */
export const plain = (text: string): string =>
  oneLine(text).replace(/[\\`*_~{}[\]<>#|&:@$]|(?<=www)\./gi, (char) => `&#${char.codePointAt(0)!};`);

/** The same as code; between backticks `&#95;` would be shown as it is written. */
const code = (text: string): string => `<code>${plain(text)}</code>`;

const percent = (share: unknown): string =>
  typeof share === 'number' ? `${(100 * share).toFixed(2)} %` : '-';

export interface ModelCardInput {
  readonly modelType: string;
  readonly labels: readonly string[];
  readonly contract: RunContract;
  readonly record: RunRecord;
  readonly evalResults: Readonly<Record<string, unknown>>;
  /** What the folder's adapter was made for, where it holds one. */
  readonly adapterBase?: string | undefined;
  /** Whether it is of an export, which has no report beside it. @default false */
  readonly isExport?: boolean;
}

const PYTHON = `from transformers import pipeline
print(pipeline("text-classification", "<this folder>")("a text"))`;

const pythonWithAdapter = (base: string, labels: number): string => `from peft import PeftModel
from transformers import AutoModelForSequenceClassification
original = AutoModelForSequenceClassification.from_pretrained(${yaml(base)}, num_labels=${labels})
model = PeftModel.from_pretrained(original, "<this folder>")`;

export function modelCard(input: ModelCardInput): string {
  const { modelType, labels, contract, record, evalResults, adapterBase, isExport = false } = input;
  const { settings, data } = record;
  const dataName = typeof data['train'] === 'string' ? publicName(data['train']) : 'data in memory';
  const kind = problemTypeIn(evalResults);
  return `---
library_name: ${adapterBase === undefined ? 'transformers' : 'peft'}
pipeline_tag: text-classification
tags: [text-classification, bert, bertune]
${baseModelLine(record)}metrics: [${METRIC_IDS[kind].join(', ')}]
model-index:
  - name: ${yaml(`${modelType} fine-tuned with bertune`)}
    results:
      - task: { type: text-classification }
        dataset: { type: ${yaml(dataName)}, name: ${yaml(dataName)} }
        metrics:
${cardMetrics(evalResults, kind)}---

# ${labels.map(plain).join(' / ')}

A \`${modelType}\` encoder with a linear layer on its pooled output, fine-tuned ${howTrained(input)} with bertune
${VERSION} from ${code(publicModel(record))} on ${plain(dataName)} (${plural(Number(data['train_examples']), 'text')}).

| on ${plural(Number(data['test_examples']), 'text')} not seen in training | |
|---|---|
${scoreRows(evalResults, kind)}
${readingLine(contract)}${isExport ? '' : ` \`report.html\` in this folder shows more: curves, ${kind === 'single_label_classification' ? 'confusions, ' : ''}errors to read.`}

## Limits

${limits(input, kind)}

## Use

\`\`\`sh
npx bertune predict <this folder> "a text"
\`\`\`

\`\`\`ts
import { Classifier } from 'bertune';
const classifier = await Classifier.load('<this folder>');
console.log(await classifier.predict(['a text']));
\`\`\`

\`\`\`python
${pythonOf(input)}
\`\`\`

## Training

\`\`\`json
${escapedJson(JSON.stringify(settings, null, 2))}
\`\`\`
`;
}

/** The hub links to the original; a folder on somebody's disk is none. */
function baseModelLine({ baseModel, baseModelRevision }: RunRecord): string {
  return isOnHub(baseModel, baseModelRevision) ? `base_model: ${yaml(baseModel)}\n` : '';
}

/** By `loraRank` the run learnt in adapters, whether they are kept apart or are within the weights. */
function howTrained({ record: { settings } }: ModelCardInput): string {
  const { loraRank, freeze } = settings;
  if (typeof loraRank === 'number' && loraRank > 0) return `in LoRA adapters of rank ${loraRank}`;
  return freeze === undefined || freeze === 'none' ? 'whole' : 'in part';
}

function limits({ labels, evalResults, record }: ModelCardInput, kind: ProblemType): string {
  const error = evalResults['eval_expected_calibration_error'];
  const { leaks } = record.data;
  const found = [
    'It was measured on texts like those that it learnt from: on others it may do worse.',
    'The ranges are 95 % bootstrap intervals: they say what the choice of test texts may have changed, and nothing else.',
    kind === 'single_label_classification' &&
      `It knows ${labels.length} classes, and gives one of them to any text, also to one that is of none.`,
    typeof error === 'number' &&
      `Its confidence is off by ${percent(error)} on average (expected calibration error).`,
    typeof leaks === 'number' &&
      leaks > 0 &&
      `${leaks} of the training texts are among the test texts too, which makes the scores too good.`,
  ];
  return found
    .filter((line) => line !== false)
    .map((line) => `- ${line}`)
    .join('\n');
}

function pythonOf({ contract, record, labels, adapterBase }: ModelCardInput): string {
  if (adapterBase !== undefined) {
    const isKnown = isOnHub(record.baseModel, record.baseModelRevision);
    return pythonWithAdapter(isKnown ? adapterBase : `<${publicModel(record)}>`, labels.length);
  }
  return contract.truncation === 'windows' ? pythonWithWindows(contract) : PYTHON;
}

/** A note behind what was said before; nothing where there is none. */
export const asSentence = (note: string | undefined): string =>
  note === undefined ? '' : ` ${plain(note[0]!.toUpperCase() + note.slice(1))}.`;

function readingLine(contract: RunContract): string {
  const { maxLength, truncation, clean } = contract;
  const notes = [elsewhere(contract), answersElsewhere(contract)].map(asSentence).join('');
  return `Texts are read to ${maxLength} tokens (\`${truncation}\` of longer ones), cleaned as \`${clean}\`.${notes}`;
}

/** In Python, for a model that was trained on windows: the same as `bertune predict`. */
const pythonWithWindows = ({ maxLength, stride = 0 }: RunContract): string => `import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained("<this folder>")
model = AutoModelForSequenceClassification.from_pretrained("<this folder>").eval()
windows = tokenizer("a text", truncation=True, max_length=${maxLength}, stride=${stride},
                    return_overflowing_tokens=True, padding=True, return_tensors="pt")
del windows["overflow_to_sample_mapping"]
with torch.no_grad():
    print(model(**windows).logits.mean(0).softmax(-1), model.config.id2label)`;

/** The hub's names for the metrics that stand for a kind of problem, and our names for the same. */
const METRIC_IDS = {
  single_label_classification: ['accuracy', 'f1'],
  multi_label_classification: ['f1'],
  regression: ['pearsonr', 'spearmanr', 'mse'],
} as const;
const OUR_NAMES = {
  single_label_classification: ['accuracy', 'f1'],
  multi_label_classification: ['f1_micro'],
  regression: ['pearson', 'spearman', 'mse'],
} as const;

function problemTypeIn(evalResults: Readonly<Record<string, unknown>>): ProblemType {
  const type = evalResults['eval_problem_type'];
  return PROBLEM_TYPES.find((known) => known === type) ?? 'single_label_classification';
}

/** What the hub reads of the scores. */
function cardMetrics(evalResults: Readonly<Record<string, unknown>>, kind: ProblemType): string {
  return METRIC_IDS[kind]
    .map((id, i) => {
      const value = evalResults[`eval_${OUR_NAMES[kind][i]!}`];
      return typeof value === 'number' ? `          - { type: ${id}, value: ${value} }\n` : '';
    })
    .join('');
}

/** Rows of the table of scores; those that there are none of are left out. */
function scoreRows(evalResults: Readonly<Record<string, unknown>>, kind: ProblemType): string {
  const metric = (name: string): unknown => evalResults[`eval_${name}`];
  const bag = isObject(metric('bag_of_words')) ? (metric('bag_of_words') as Record<string, unknown>) : {};
  const intervals = metric('confidence_intervals');
  const ranged = (name: string, write: (value: unknown) => string): string => {
    const range = isObject(intervals) ? intervals[name] : undefined;
    const [from, to] = Array.isArray(range) ? (range as unknown[]) : [];
    return write(metric(name)) + (from === undefined ? '' : ` (${write(from)} to ${write(to)})`);
  };
  const rows: Record<ProblemType, () => (readonly [string, string])[]> = {
    single_label_classification: () => [
      ['accuracy', ranged('accuracy', percent)],
      ['always the commonest class', percent(metric('baseline_accuracy'))],
      ['a bag of words', percent(bag['accuracy'])],
      ['F1', ranged('f1', percent)],
      ['cross-entropy', Number(metric('loss')).toFixed(4)],
    ],
    multi_label_classification: () => [
      ['F1, over all labels (micro)', ranged('f1_micro', percent)],
      ['F1, mean of the labels (macro)', ranged('f1_macro', percent)],
      ['a bag of words, micro F1', percent(bag['f1_micro'])],
      ['all labels of a text right', ranged('subset_accuracy', percent)],
      ['wrong (text, label) pairs', ranged('hamming_loss', percent)],
      ['mean average precision', ranged('mean_average_precision', percent)],
    ],
    regression: () => [
      ['Pearson', ranged('pearson', decimal)],
      ['a bag of words, Pearson', decimal(bag['pearson'])],
      ['Spearman', ranged('spearman', decimal)],
      ['R2', ranged('r2', decimal)],
      ['mean absolute error', ranged('mae', decimal)],
      ['the same of always answering the mean', decimal(metric('baseline_mae'))],
    ],
  };
  return rows[kind]()
    .filter(([, value]) => value !== '-')
    .map(([name, value]) => `| ${name} | ${value} |\n`)
    .join('');
}

const decimal = (value: unknown): string => (typeof value === 'number' ? value.toFixed(4) : '-');

/** The card of an encoder that was pre-trained further. */
export function pretrainedCard({
  record,
  evalResults,
}: Pick<ModelCardInput, 'record' | 'evalResults'>): string {
  const { settings, data } = record;
  const number = (name: string): string => Number(evalResults[name]).toFixed(2);
  return `---
library_name: transformers
pipeline_tag: fill-mask
tags: [fill-mask, bert, bertune]
${baseModelLine(record)}---

# Pre-trained further on ${plain(publicName(String(data['train'])))}

${code(publicModel(record))}, trained to guess masked tokens of ${plural(Number(data['train_examples']), 'text')} with bertune ${VERSION}
(masked language model of Devlin et al. 2018). Perplexity on ${plural(Number(data['test_examples']), 'window')} of text it has not seen:
${number('perplexity_before')} before, ${number('perplexity')} after.

## Use

\`\`\`sh
npx bertune train <labelled texts> --model <this folder>
\`\`\`

## Training

\`\`\`json
${escapedJson(JSON.stringify(settings, null, 2))}
\`\`\`
`;
}

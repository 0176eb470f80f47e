/** The model card, README.md, in Hugging Face's format: YAML between dashes, then Markdown. */
import { isObject } from '../util/objects.js';
import { VERSION } from '../util/version.js';
import { elsewhere, type RunContract, type RunRecord } from './contract.js';

/** YAML takes JSON's strings, so whatever a label or file name holds can't break out of its place. */
const yaml = (text: string): string => JSON.stringify(text);

/** Text that came from a user, without Markdown's and HTML's meaning. */
export const plain = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>#|&]/g, (char) => `&#${char.codePointAt(0)!};`);

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
}

const PYTHON = `from transformers import pipeline
print(pipeline("text-classification", "<this folder>")("a text"))`;

const pythonWithAdapter = (base: string, labels: number): string => `from peft import PeftModel
from transformers import AutoModelForSequenceClassification
original = AutoModelForSequenceClassification.from_pretrained(${JSON.stringify(base)}, num_labels=${labels})
model = PeftModel.from_pretrained(original, "<this folder>")`;

export function modelCard(input: ModelCardInput): string {
  const { modelType, labels, contract, record, evalResults, adapterBase } = input;
  const { settings, data } = record;
  const dataName = typeof data['train'] === 'string' ? data['train'] : 'data in memory';
  const metric = (type: string): unknown => evalResults[`eval_${type}`];
  return `---
library_name: transformers
pipeline_tag: text-classification
tags: [text-classification, bert, bertune]
metrics: [accuracy, f1]
model-index:
  - name: ${yaml(`${modelType} fine-tuned with bertune`)}
    results:
      - task: { type: text-classification }
        dataset: { type: ${yaml(dataName)}, name: ${yaml(dataName)} }
        metrics:
          - { type: accuracy, value: ${String(metric('accuracy'))} }
          - { type: f1, value: ${String(metric('f1'))} }
---

# ${labels.map(plain).join(' / ')}

A \`${modelType}\` encoder with a linear layer on its pooled output, fine-tuned whole with bertune
${VERSION} from \`${plain(record.baseModel)}\` on ${plain(dataName)} (${String(data['train_examples'])} texts).

| on ${String(data['test_examples'])} texts not seen in training | |
|---|---|
| accuracy | ${percent(metric('accuracy'))} |
| always the commonest class | ${percent(metric('baseline_accuracy'))} |
${bagOfWordsRow(metric('bag_of_words'))}| F1 | ${percent(metric('f1'))} |
| cross-entropy | ${Number(metric('loss')).toFixed(4)} |

${readingLine(contract)}

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
${pythonOf(contract, labels, adapterBase)}
\`\`\`

## Training

\`\`\`json
${JSON.stringify(settings, null, 2)}
\`\`\`
`;
}

function pythonOf(contract: RunContract, labels: readonly string[], adapterBase: string | undefined): string {
  if (adapterBase !== undefined) return pythonWithAdapter(adapterBase, labels.length);
  return contract.truncation === 'windows' ? pythonWithWindows(contract) : PYTHON;
}

function readingLine(contract: RunContract): string {
  const { maxLength, truncation, clean } = contract;
  const note = elsewhere(contract);
  const beside = note === undefined ? '' : ` ${note[0]!.toUpperCase()}${note.slice(1)}.`;
  return `Texts are read to ${maxLength} tokens (\`${truncation}\` of longer ones), cleaned as \`${clean}\`.${beside}`;
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

/** A row of the table, where there is such a score. */
function bagOfWordsRow(score: unknown): string {
  return isObject(score) ? `| a bag of words | ${percent(score['accuracy'])} |\n` : '';
}

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
---

# Pre-trained further on ${plain(String(data['train']))}

\`${plain(record.baseModel)}\`, trained to guess masked tokens of ${String(data['train_examples'])} texts with bertune ${VERSION}
(masked language model of Devlin et al. 2018). Perplexity on ${String(data['test_examples'])} windows of text it has not seen:
${number('perplexity_before')} before, ${number('perplexity')} after.

## Use

\`\`\`sh
npx bertune train <labelled texts> --model <this folder>
\`\`\`

## Training

\`\`\`json
${JSON.stringify(settings, null, 2)}
\`\`\`
`;
}

/** A run's forecast as people read it: the first lines of every run, and what `--dry-run` prints. */
import { relative } from 'node:path';
import type { Forecast } from '../index.js';
import { alikeNote, gigabytes, isOrAre, plural } from '../util/wording.js';
import { percent, shown, thousands } from './terminal.js';

/** Line by line. */
export function forecastLines(forecast: Omit<Forecast, 'seconds'>): string[] {
  const { model, texts, plan, report, parameters, settings, memory, microBatches } = forecast;
  const head =
    report.made.length === 0 ? 'its own classifier' : `a new classifier (${report.made.join(', ')})`;
  const unused = report.unused.join(', ');
  const perUpdate = settings.batchSize * settings.gradientAccumulationSteps;
  return [
    `Model     ${shown(nearby(model))}: ${thousands(parameters)} parameters`,
    `          ${plural(report.found.length, 'tensor')} found, ${head}`,
    ...(unused === '' ? [] : [`          left unused: ${shown(unused, 200)}`]),
    ...labelLines(forecast),
    `Texts     ${thousands(texts.train)} to learn from, ${thousands(texts.test)} to evaluate on` +
      (texts.validation === 0 ? '' : `, ${thousands(texts.validation)} ${purposeOf(settings)}`),
    ...leakLine(texts),
    `Length    ${length(texts, settings)}`,
    planLine(plan, plural(perUpdate, 'text'), microBatches),
    memoryLine(memory),
  ];
}

/** @param update what one is of, such as `16 texts` */
export function planLine(
  { totalSteps, shortSteps, totalTokens, trunkSteps, branches, branchSteps }: Forecast['plan'],
  update: string,
  microBatches: number,
): string {
  const short = shortSteps > 0 ? `; the first ${thousands(shortSteps)} read less of each text` : '';
  const parting =
    branches > 1
      ? `; after ${thousands(trunkSteps)} the run parts into ${branches} of ${thousands(branchSteps)}, whose mean is kept`
      : '';
  return (
    `Plan      ${plural(totalSteps, 'update')} of ${update}: ${plural(totalTokens, 'token')} ` +
    `in ${plural(microBatches, 'micro-batch', 'micro-batches')}${short}${parting}`
  );
}

export function memoryLine({ peak, limit }: Forecast['memory']): string {
  return `Memory    ${gigabytes(peak)} at its peak, of ${gigabytes(limit)} that are there`;
}

function purposeOf({ evalSteps, calibrate }: Forecast['settings']): string {
  if (!calibrate) return 'to choose the best weights by';
  return evalSteps === 0 ? 'to calibrate on' : 'to choose the best weights by and to calibrate on';
}

/** At most so many names are shown. */
const SHOWN_LABELS = 20;

/** What labels are, and how that was found. */
function labelLines({ labels, problem, texts, pairs }: Omit<Forecast, 'seconds'>): string[] {
  const { problemType, reason, note } = problem;
  const found = reason === undefined ? 'as asked for' : `found: ${shown(reason, 80)}`;
  const many = labels.length > SHOWN_LABELS ? ` and ${thousands(labels.length - SHOWN_LABELS)} more` : '';
  const names = labels.slice(0, SHOWN_LABELS).map((label) => shown(label, 30));
  return [
    ...(problemType === 'regression' ? [] : [`Labels    ${names.join(', ')}${many}`]),
    `Kind      ${problemType} (${found})${pairs ? ', of pairs of texts' : ''}`,
    ...[note, problemType === 'regression' ? undefined : alikeNote(labels)].flatMap((each) =>
      each === undefined ? [] : [`          ${each}`],
    ),
    ...(texts.untestedLabels === 0
      ? []
      : [
          `          ${plural(texts.untestedLabels, 'label')} of ${thousands(labels.length)} with no text to evaluate on`,
        ]),
  ];
}

function leakLine({ leaks, dropsLeaks }: Forecast['texts']): string[] {
  if (leaks === 0) return [];
  const what = `${thousands(leaks)} of the texts to learn from ${isOrAre(leaks)} among those to evaluate on`;
  return [
    `          ${dropsLeaks ? `${what}: left out` : `${what}, which makes the result too good: --drop-leaks`}`,
  ];
}

function length(
  { windows, textsInWindows, cutTexts, cutTokens }: Forecast['texts'],
  settings: Forecast['settings'],
): string {
  const { maxLength, truncation, headTokens } = settings;
  if (textsInWindows > 0) {
    return (
      `${plural(textsInWindows, 'training text')} ${isOrAre(textsInWindows)} longer than ${plural(maxLength, 'token')} and read in ` +
      `windows that overlap: ${plural(windows, 'window')} in all, of which the mean counts`
    );
  }
  if (cutTexts === 0)
    return `all training texts are read whole, as none has more than ${plural(maxLength, 'token')}`;
  const how = headTokens === undefined ? truncation : `${truncation}, ${headTokens} from the front`;
  return (
    `${plural(cutTexts, 'training text')} ${isOrAre(cutTexts)} cut to ${plural(maxLength, 'token')} (${how}): ` +
    `${percent(cutTokens)} of all tokens are not read; --max-length reads more`
  );
}

/** The forecast for machines. */
export function forecastDocument(forecast: Forecast): object {
  const { texts, plan, memory } = forecast;
  return {
    model: forecast.model,
    parameters: forecast.parameters,
    labels: forecast.labels,
    problem_type: forecast.problem.problemType,
    train_examples: texts.train,
    test_examples: texts.test,
    validation_examples: texts.validation,
    leaks: texts.leaks,
    windows: texts.windows,
    texts_in_windows: texts.textsInWindows,
    cut_texts: texts.cutTexts,
    cut_tokens_share: texts.cutTokens,
    tokens: Math.round(plan.totalTokens),
    steps: plan.totalSteps,
    warmup_steps: plan.warmupSteps,
    short_steps: plan.shortSteps,
    branches: plan.branches,
    branch_steps: plan.branchSteps,
    micro_batches: forecast.microBatches,
    memory_peak_bytes: memory.peak,
    memory_limit_bytes: memory.limit,
    memory_parts_bytes: memory.parts,
    seconds: forecast.seconds,
    settings: forecast.settings,
  };
}

/** A path as it is shortest to read: from the current folder when it is inside. */
export function nearby(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== '' && !fromHere.startsWith('..') ? fromHere : path;
}

/** The command that runs what was forecast: the same without `--dry-run`, quoted for a shell where that is needed. */
export function runCommand(args: readonly string[]): string {
  const words = args.filter((word) => word !== '--dry-run');
  return ['bertune', ...words].map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : quoted(word))).join(' ');
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

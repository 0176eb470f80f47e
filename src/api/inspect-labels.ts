/** What texts are labelled with: the kind of problem, and how classes, labels or numbers are spread. */
import type { Example } from '../data/example.js';
import { encodeTargets, findProblem, labelNames, type Problem } from '../data/problem.js';
import { quantile } from '../evaluate/bootstrap.js';
import type { ProblemType } from '../util/problem.js';

/** A class or a label, and how many texts have it. */
export interface LabelCount {
  readonly label: string;
  readonly texts: number;
  /** Of all labelled texts; of several labels these add up to more or less than 1. */
  readonly share: number;
}

/** Of texts with any number of labels. */
export interface LabelSetCounts {
  /** Texts with none of the labels. */
  readonly withoutAny: number;
  /** Labels of a text, on average. */
  readonly meanLabels: number;
}

/** How numbers to predict are spread; quartiles as numpy has them. */
export interface NumberSpread {
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly max: number;
  readonly mean: number;
}

export interface LabelsFound {
  /** What labels are, and how that was found; `undefined` without labels. */
  readonly problem: Problem | undefined;
  /** Of each class or label, by id; none for numbers. */
  readonly classes: readonly LabelCount[];
  /** Only of several labels. */
  readonly labelSets: LabelSetCounts | undefined;
  /** Only of numbers. */
  readonly numbers: NumberSpread | undefined;
}

/**
 * Finds the kind and counts.
 *
 * ```ts
 * labelsFound(examples, 'films.csv').labelSets; // { withoutAny: 3, meanLabels: 1.4 }
 * ```
 *
 * @param asked the kind that was said
 * @throws `DataError` for labels that don't fit it, and for a column that can't be one of labels
 */
export function labelsFound(examples: readonly Example[], name: string, asked?: ProblemType): LabelsFound {
  const labelled = examples.filter(({ label }) => label !== undefined);
  const none = { problem: undefined, classes: [], labelSets: undefined, numbers: undefined };
  if (labelled.length === 0) return none;
  const problem = findProblem(labelled, name, asked);
  const { problemType } = problem;
  // One class alone can't be learnt, but it can be looked at.
  const only = new Set(labelled.map(({ label }) => label!.trim()));
  const isAlone = problemType === 'single_label_classification' && only.size === 1;
  const names = isAlone ? [...only] : labelNames(labelled, problem, name);
  const targets = encodeTargets(labelled, problemType, names, name);
  if (targets.problemType === 'regression') {
    return { ...none, problem, numbers: spreadOfNumbers(targets.values) };
  }
  const isMany = targets.problemType === 'multi_label_classification';
  const given = isMany ? targets.labelSets.flat() : [...targets.labelIds];
  const counts = new Array<number>(names.length).fill(0);
  for (const id of given) counts[id]!++;
  return {
    ...none,
    problem,
    classes: names.map((label, id) => ({ label, texts: counts[id]!, share: counts[id]! / labelled.length })),
    labelSets: isMany
      ? {
          withoutAny: targets.labelSets.filter(({ length }) => length === 0).length,
          meanLabels: given.length / labelled.length,
        }
      : undefined,
  };
}

function spreadOfNumbers(values: Float64Array): NumberSpread {
  const sorted = values.slice().sort();
  const at = (share: number): number => quantile(sorted, share);
  return {
    ...{ min: at(0), lowerQuartile: at(0.25), median: at(0.5), upperQuartile: at(0.75), max: at(1) },
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  };
}

/**
 * What is the same for labels that say the same, as people read it: `a|b` and `b|a` are the same labels, 1 and 1.0 the same
 * number.
 */
export function comparableLabels(examples: readonly Example[], problem: Problem | undefined): string[] {
  const written = ({ label }: Example): string => label?.trim() ?? '';
  if (problem?.problemType === 'regression') {
    return examples.map((each) => {
      const value = written(each);
      return value === '' || Number.isNaN(Number(value)) ? value : String(Number(value));
    });
  }
  if (problem?.problemType !== 'multi_label_classification') return examples.map(written);
  const names = labelNames(examples, problem);
  const targets = encodeTargets(examples, problem.problemType, names);
  return targets.problemType === 'multi_label_classification'
    ? targets.labelSets.map((set) => set.map((id) => names[id]!).join(', ') || 'no label')
    : [];
}

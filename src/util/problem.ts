/**
 * The kinds of problem, as `problem_type` of Hugging Face's config.json names them, and what texts are labelled with in each.
 * A vocabulary: who differs between kinds switches on `problemType`.
 */

export const PROBLEM_TYPES = [
  'single_label_classification',
  'multi_label_classification',
  'regression',
] as const;

/** One class for each text, any number of labels for each, or a number. */
export type ProblemType = (typeof PROBLEM_TYPES)[number];

/** One class for each text. */
export interface ClassTargets {
  readonly problemType: 'single_label_classification';
  /** [texts]: places in the list of labels. */
  readonly labelIds: Int32Array;
}

/** Any number of labels for each text, also none. */
export interface LabelSetTargets {
  readonly problemType: 'multi_label_classification';
  /** [texts]: places in the list of labels, ascending. */
  readonly labelSets: readonly (readonly number[])[];
}

/** A number for each text. */
export interface NumberTargets {
  readonly problemType: 'regression';
  /** [texts] */
  readonly values: Float64Array;
}

/** What texts are labelled with. */
export type Targets = ClassTargets | LabelSetTargets | NumberTargets;

/** How many texts they are of. */
export function countOf(targets: Targets): number {
  switch (targets.problemType) {
    case 'single_label_classification':
      return targets.labelIds.length;
    case 'multi_label_classification':
      return targets.labelSets.length;
    case 'regression':
      return targets.values.length;
  }
}

/** Those of the texts at these places, in their order. */
export function targetsAt(targets: Targets, places: readonly number[]): Targets {
  switch (targets.problemType) {
    case 'single_label_classification':
      return { ...targets, labelIds: Int32Array.from(places, (place) => targets.labelIds[place]!) };
    case 'multi_label_classification':
      return { ...targets, labelSets: places.map((place) => targets.labelSets[place]!) };
    case 'regression':
      return { ...targets, values: Float64Array.from(places, (place) => targets.values[place]!) };
  }
}

type KeysOf<U> = U extends unknown ? keyof U : never;

/**
 * A union whose members each know the others' fields as absent: a field that only one of them has can be read before it is
 * asked which one it is, and is `undefined` in the others.
 */
export type OneOf<U, All = U> = U extends unknown
  ? U & { readonly [K in Exclude<KeysOf<All>, keyof U>]?: undefined }
  : never;

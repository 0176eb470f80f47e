/** Several labels in one field: a list, or a string in which something separates them. */
import type { Example } from './example.js';

/** What separates labels, the surest first: a comma is in many a name. */
export const LABEL_SEPARATORS = ['|', ';', ','] as const;
export type LabelSeparator = (typeof LABEL_SEPARATORS)[number];

/** The parts of a field, without the spaces around them; empty ones are none. */
export function partsOf(label: string, separator: LabelSeparator): string[] {
  return label
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Longer text is no list of labels; and the engine's patterns end with the stack at some millions of characters. */
const LONGEST_LIST = 1_000_000;

/**
 * The labels of a list that was written as text, as spreadsheets keep it: JSON, or as Python prints one.
 *
 * ```ts
 * listIn(`["joy", "love"]`); // [ 'joy', 'love' ]
 * listIn("['joy']"); // [ 'joy' ]
 * listIn('joy'); // undefined
 * ```
 */
export function listIn(label: string): string[] | undefined {
  if (label.length > LONGEST_LIST) return undefined;
  const inner = /^\[(.*)\]$/s.exec(label.trim())?.[1];
  if (inner === undefined) return undefined;
  if (inner.trim() === '') return [];
  const ITEM = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,'"[\]{}][^,'"[\]{}]*))\s*(?:,|$)/gy;
  const items: string[] = [];
  while (ITEM.lastIndex < inner.length) {
    const match = ITEM.exec(inner);
    if (!match) return undefined;
    items.push((match[1] ?? match[2] ?? match[3]!).replace(/\\(.)/g, '$1').trim());
  }
  return items;
}

/** The labels of an example that are a list in the file; `undefined` where they are none. */
export function listOf({ labels, label }: Example): readonly string[] | undefined {
  return labels ?? (label === undefined ? undefined : listIn(label));
}

/**
 * The separator of labels that are several in one string; `undefined` where they are more likely whole names. Labels are
 * taken apart where their parts recur: where one that stands beside others is also met alone or beside others still.
 * For a comma, which names have too, there must also be no more parts than there are different fields.
 */
export function separatorIn(distinct: readonly string[]): LabelSeparator | undefined {
  return LABEL_SEPARATORS.find((separator) => {
    if (!distinct.some((label) => partsOf(label, separator).length > 1)) return false;
    const fieldsOfPart = new Map<string, number>();
    for (const label of distinct) {
      for (const part of new Set(partsOf(label, separator))) {
        fieldsOfPart.set(part, (fieldsOfPart.get(part) ?? 0) + 1);
      }
    }
    const recurs = [...fieldsOfPart.values()].some((fields) => fields > 1);
    return recurs && (separator !== ',' || fieldsOfPart.size <= distinct.length);
  });
}

/** The first separator that is in any of the labels. */
export function anySeparatorIn(distinct: readonly string[]): LabelSeparator | undefined {
  return LABEL_SEPARATORS.find((separator) => distinct.some((label) => label.includes(separator)));
}

/** Whether lists are rows of zeros and ones, one place for each label, as Hugging Face's models are given them. */
export function areIndicators(lists: readonly (readonly string[])[]): boolean {
  const width = lists[0]?.length ?? 0;
  const isBit = (item: string): boolean => /^(?:[01](?:\.0)?|true|false)$/.test(item);
  return (
    width > 1 &&
    lists.every((list) => list.length === width && list.every(isBit)) &&
    // Lists of the classes 0 and 1 name neither of them twice.
    lists.some((list) => new Set(list).size < list.length)
  );
}

/** The places of the ones. */
export function placesOfOnes(list: readonly string[]): number[] {
  return list.flatMap((item, place) => (/^(?:1(?:\.0)?|true)$/.test(item) ? [place] : []));
}

/** Examples of data that may be larger than memory. */
import type { Example } from '../data/example.js';
import { TextSpill, type SpilledText } from '../files/text-spill.js';

/** So many characters are held in memory: a film review has 1,300. */
const MOST_CHARACTERS = 64e6;

/** An example whose texts are read from the disk each time they are asked for. */
class SpilledExample implements Example {
  readonly row: number;
  readonly line?: number;
  readonly file?: string;
  readonly label?: string;
  readonly labels?: readonly string[];
  readonly #spill: TextSpill;
  readonly #text: SpilledText;
  readonly #textPair: SpilledText | undefined;

  constructor(spill: TextSpill, { text, textPair, ...others }: Example) {
    this.row = others.row;
    Object.assign(this, others);
    this.#spill = spill;
    this.#text = spill.add(text);
    this.#textPair = textPair === undefined ? undefined : spill.add(textPair);
  }

  get text(): string {
    return this.#spill.read(this.#text);
  }

  get textPair(): string | undefined {
    return this.#textPair && this.#spill.read(this.#textPair);
  }
}

/**
 * Gives examples back whose texts take no memory, once those before them take enough. Whoever has one reads `text` from it
 * where it is needed: a copy of its fields (`{ ...example }`) has none.
 *
 * @param mostCharacters how many characters may be in memory
 */
export function exampleKeeper(mostCharacters = MOST_CHARACTERS): (example: Example) => Example {
  let characters = 0;
  let spill: TextSpill | undefined;
  const labels = new Map<string, string>();
  /** One string for each label: what was cut out of a block of a file may hold on to all of it. */
  const shared = (label: string): string => {
    if (labels.size < 1e5 && !labels.has(label)) labels.set(label, label);
    return labels.get(label) ?? label;
  };
  return (example) => {
    const { text, textPair = '', label } = example;
    characters += text.length + textPair.length;
    const isExact = [text, textPair].every((each) => !LONE_SURROGATE.test(each));
    if (characters <= mostCharacters || !isExact) return example;
    spill ??= new TextSpill();
    return new SpilledExample(spill, { ...example, ...(label !== undefined && { label: shared(label) }) });
  };
}

/** Half of a pair, which `"\ud800"` in JSON can bring. */
const LONE_SURROGATE = /\p{Surrogate}/u;

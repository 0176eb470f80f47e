/** ONNX files that are wrong as protobuf: fields removed, doubled, of other kinds and sizes, with the lengths around them right. */
import { inflate, mutateBytes, type Random } from './random.js';

/** A message as its fields; bytes that are themselves messages are taken apart where that is asked for. */
interface Field {
  readonly tag: number;
  value: Uint8Array;
}

function varint(n: number): number[] {
  const bytes: number[] = [];
  for (let rest = n; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/** The fields of a message that is well formed; `undefined` where it is none. */
function fieldsOf(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const read = (): number => {
    let [n, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++] ?? 0;
      n += (byte & 127) * scale;
      if (byte < 128) return n;
      scale *= 128;
      if (scale > 2 ** 49) return NaN;
    }
  };
  while (at < bytes.length) {
    const tag = read();
    const kind = tag % 8;
    const start = at;
    if (kind === 0) read();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const size = read();
      fields.push({ tag, value: bytes.subarray(at, at + size) });
      at += size;
      if (!(at <= bytes.length)) return undefined;
      continue;
    } else return undefined;
    if (!(at <= bytes.length) || tag < 8) return undefined;
    fields.push({ tag, value: bytes.subarray(start, at) });
  }
  return fields;
}

function join(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(({ tag, value }) => [
      Uint8Array.from(tag % 8 === 2 ? [...varint(tag), ...varint(value.length)] : varint(tag)),
      value,
    ]),
  );
}

const message = (number: number, value: Uint8Array): Field => ({ tag: number * 8 + 2, value });

/**
 * A graph with a tensor that is said to be in another file, which an engine would open: put behind a file's own fields it is
 * added to them.
 *
 * @param disguised whether the entry stands where a reader that takes a number for a text would skip it
 */
export function externalTensor(path: string, disguised = false): Uint8Array {
  const entry = join([message(1, Buffer.from('location')), message(2, Buffer.from(path))]);
  const hidden = Uint8Array.from([8, entry.length, ...entry]);
  const place = message(13, disguised ? hidden : entry);
  const isElsewhere: Field = { tag: 14 * 8, value: Uint8Array.of(1) };
  const facts: Field[] = [
    { tag: 8, value: Uint8Array.of(2) },
    { tag: 16, value: Uint8Array.of(1) },
  ];
  const tensor = join([...facts, message(8, Buffer.from('elsewhere')), place, isElsewhere]);
  return join([message(7, join([message(5, tensor)]))]);
}

/** A message with one fault in it, or in one that is within. */
export function spoilMessage(bytes: Uint8Array, random: Random, depth = 0): Uint8Array {
  const fields = fieldsOf(bytes);
  if (!fields || fields.length === 0) return mutateBytes(bytes, random);
  const at = random.below(fields.length);
  const field = fields[at]!;
  const inner = field.tag % 8 === 2 && field.value.length > 2;
  if (inner && depth < 6 && random.chance(0.75)) field.value = spoilMessage(field.value, random, depth + 1);
  else {
    const kind = random.below(8);
    if (kind === 0) fields.splice(at, 1);
    else if (kind === 1) fields.splice(at, 0, field);
    else if (kind === 2) fields.splice(at, 1, ...fields.splice(random.below(fields.length), 1));
    else if (kind === 3)
      fields.push({
        tag: 8 * (1 + random.below(26)) + random.pick([0, 2]),
        value: Uint8Array.of(random.below(128)),
      });
    else if (kind === 4) fields.push(message(13, Buffer.from('\n\blocation\u0012\u0001x')));
    else if (kind === 5)
      fields[at] = {
        tag: field.tag,
        value: inflate(field.value.length > 0 ? field.value : Uint8Array.of(0), random),
      };
    else if (kind === 6)
      fields[at] = { tag: (field.tag & ~7) + random.pick([0, 1, 2, 3, 5]), value: field.value };
    else
      fields[at] = {
        tag: field.tag,
        value: field.value.length > 0 ? mutateBytes(field.value, random) : Uint8Array.of(1),
      };
  }
  return join(fields);
}

/** A file with one to three faults; a few are of bytes, whatever they are of. */
export function onnxCase(file: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.1)) return mutateBytes(file, random);
  if (random.chance(0.05)) return Buffer.concat([file, externalTensor('/etc/passwd', random.chance(0.5))]);
  let bytes = file;
  for (let n = random.below(3); n >= 0; n--) bytes = spoilMessage(bytes, random);
  return bytes;
}

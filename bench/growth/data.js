// Training sets of any size: the first rows of a file of reviews, or the bundled ones again and again, each time a
// little different.
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';

const SAMPLE = fileURLToPath(new URL('../../data/imdb-sample/train.csv', import.meta.url));

/**
 * Writes the first `size` reviews to a CSV file of their own, for each size. Row by row: a child's peak memory counts
 * from what its parent held when it was started, so the parent stays small.
 *
 * @param {object} options
 * @param {string | undefined} options.data a CSV file (also gzipped) with `text` and `label`; else the bundled sample
 * @param {readonly number[]} options.sizes
 * @param {(size: number) => string} options.pathOf
 */
export async function writeTrainingSets({ data, sizes, pathOf }) {
  const files = sizes.map((size) => ({ size, stream: createWriteStream(pathOf(size)) }));
  for (const { stream } of files) stream.write('text,label\n');
  let count = 0;
  const most = Math.max(...sizes);
  for await (const { text, label } of reviews(data, most)) {
    const line = `${quoted(text)},${quoted(label)}\n`;
    for (const { size, stream } of files) {
      if (count < size && !stream.write(line)) await once(stream, 'drain');
    }
    count++;
  }
  if (count < most) throw new Error(`${data} has ${count} reviews, ${most} are needed.`);
  for (const { stream } of files) {
    stream.end();
    await once(stream, 'finish');
  }
}

async function* reviews(data, count) {
  let left = count;
  for (let again = 0; left > 0; again++) {
    const before = left;
    for await (const { text, label } of rowsOf(data ?? SAMPLE)) {
      yield { text: rotated(text, again), label };
      if (--left === 0) return;
    }
    if (data !== undefined || left === before) return;
  }
}

async function* rowsOf(path) {
  const rows = parse({ columns: true, bom: true });
  const unpacked = path.endsWith('.gz') ? [createGunzip()] : [];
  // A fault anywhere ends the rows with it; that they are left early is none.
  pipeline([createReadStream(path), ...unpacked, rows], () => undefined);
  for await (const row of rows) {
    const text = row.text ?? row.review;
    const label = row.label ?? row.sentiment;
    if (text === undefined || label === undefined) {
      throw new Error(`${path} has the columns ${Object.keys(row).join(', ')}; text and label are needed.`);
    }
    yield { text, label };
  }
}

/** The same words from another one on: as long as before, but another text to anything that looks texts up. */
function rotated(text, again) {
  if (again === 0) return text;
  const words = text.split(' ');
  const start = (again * 7) % words.length;
  return [...words.slice(start), ...words.slice(0, start)].join(' ');
}

const quoted = (field) => `"${field.replaceAll('"', '""')}"`;

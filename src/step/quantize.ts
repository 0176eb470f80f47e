/** Numbers as int8, with a scale for each row. */

/**
 * The largest magnitude of a quantized weight: 7 bits. Processors without VNNI multiply the unsigned activations of two
 * neighbours with their weights into a sum of 16 bits, which holds 2 x 255 x 64 = 32,640 but not 2 x 255 x 127: with 8
 * bits such a sum would be cut at 32,767, and the same file would give something else there.
 */
export const WEIGHT_LIMIT = 64;
/** Of a number that is only looked up, and multiplied by nothing but its scale: all 8 bits. */
export const TABLE_LIMIT = 127;

export interface QuantizedRows {
  /** [rows, columns]; a number is its value here times its row's scale. */
  readonly values: Int8Array;
  /** [rows] */
  readonly scales: Float32Array;
}

/** Rounds each row of a matrix to whole steps, so many to its largest number; zero stays zero. */
export function quantizeRows(data: Float32Array, columns: number, limit: number): QuantizedRows {
  const rows = data.length / columns;
  const values = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let largest = 0;
    for (let i = start; i < start + columns; i++) largest = Math.max(largest, Math.abs(data[i]!));
    const scale = Math.fround(largest / limit);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = start; i < start + columns; i++) {
      values[i] = Math.max(-limit, Math.min(limit, Math.round(data[i]! / scale)));
    }
  }
  return { values, scales };
}

/** [rows, columns] -> [columns, rows] */
export function transposed(values: Int8Array, columns: number): Int8Array {
  const rows = values.length / columns;
  const out = new Int8Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = values[row * columns + column]!;
  }
  return out;
}

/**
 * The gradients of tables that texts look rows up in. A graph gives one row for each token; here they are added to the
 * table's gradient, in their order. A few thousand rows take a millisecond; as an output of the graph the table would
 * have to be handed over as a whole after each micro-batch (docs/performance.md).
 */
import { float32, type FloatTensor, type Tensors } from '../runtime/runtime.js';
import type { Layout } from '../step/layout.js';
import { gradientRowsName, type Lookup } from '../step/gradient.js';
import { InternalError } from '../util/errors.js';

interface Table extends Lookup {
  /** The table's part of the gradient buffer. */
  readonly gradient: Float32Array;
  /** Room for the rows of one micro-batch, kept for the next. */
  room: Float32Array;
}

export class RowGradients {
  readonly #tables: readonly Table[];

  constructor(lookups: readonly Lookup[], layout: Layout, gradients: Float32Array) {
    this.#tables = lookups.map((lookup) => {
      const place = layout.parameters.find(({ name }) => name === lookup.parameter);
      if (!place) throw new InternalError(`${lookup.parameter} has no place in the gradient buffer`);
      return { ...lookup, gradient: gradients.subarray(place.start, place.end), room: new Float32Array(0) };
    });
  }

  /** Where a graph writes the rows of a micro-batch of this many tokens. */
  tensors(tokens: number): Record<string, FloatTensor> {
    return Object.fromEntries(
      this.#tables.map((table) => {
        const size = tokens * table.width;
        if (table.room.length < size) table.room = new Float32Array(size);
        return [
          gradientRowsName(table.parameter),
          float32([tokens, table.width], table.room.subarray(0, size)),
        ];
      }),
    );
  }

  /** Adds the rows that a run wrote, each to the row of its id in that run's inputs. */
  add(rows: Readonly<Record<string, FloatTensor>>, inputs: Tensors): void {
    for (const { parameter, ids: name, width, gradient } of this.#tables) {
      const { data } = rows[gradientRowsName(parameter)]!;
      const ids = inputs[name]!.data;
      for (let i = 0; i < ids.length; i++) {
        const start = Number(ids[i]) * width;
        const row = i * width;
        for (let j = 0; j < width; j++) gradient[start + j]! += data[row + j]!;
      }
    }
  }
}

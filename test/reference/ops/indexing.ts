import { coordinates, generate, position, type Tensor64 } from '../tensor.js';
import type { Reference } from './rule.js';

export const Gather: Reference<'Gather'> = (inputs, { axis }) => {
  const [x, indices] = inputs as [Tensor64, Tensor64];
  const rank = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const from = (index: number): number => {
    const place = coordinates(index, shape);
    const id = indices.data[position(place.slice(axis, axis + rank), indices.shape)]!;
    return x.data[position([...place.slice(0, axis), id, ...place.slice(axis + rank)], x.shape)]!;
  };
  return [generate(shape, from, x.dtype)];
};

export const ScatterElements: Reference<'ScatterElements'> = (inputs, { axis }) => {
  const [base, indices, updates] = inputs as [Tensor64, Tensor64, Tensor64];
  const data = base.data.slice();
  updates.data.forEach((update, index) => {
    const place = coordinates(index, updates.shape);
    place[axis] = indices.data[index]!;
    const at = position(place, base.shape);
    data[at] = data[at]! + update;
  });
  return [{ ...base, data }];
};

export const OneHot: Reference<'OneHot'> = ([labels], { depth }) => [
  generate([...labels!.shape, depth], (index) =>
    labels!.data[Math.floor(index / depth)] === index % depth ? 1 : 0,
  ),
];

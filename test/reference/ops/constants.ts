import { generate, resolve, tensor } from '../tensor.js';
import type { Reference } from './rule.js';

export const Constant: Reference<'Constant'> = (_, { dtype, shape, data }) => [tensor(shape, data, dtype)];

export const Fill: Reference<'Fill'> = (_, { shape, value }, sizes) => [
  generate(resolve(shape, sizes), () => value),
];

export const Range: Reference<'Range'> = (_, { size }, sizes) => [
  generate(resolve(size, sizes), (index) => index, 'int64'),
];

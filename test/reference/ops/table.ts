/** What each operator computes. A missing row doesn't compile. */
import type { OpName } from '../../../src/graph/types.js';
import * as constants from './constants.js';
import * as elementwise from './elementwise.js';
import * as indexing from './indexing.js';
import * as layout from './layout.js';
import * as products from './products.js';
import * as reductions from './reductions.js';
import type { Reference } from './rule.js';

export const references: { readonly [K in OpName]: Reference<K> } = {
  ...constants,
  ...elementwise,
  ...indexing,
  ...layout,
  ...products,
  ...reductions,
};

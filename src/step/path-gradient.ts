/** The graph of explanations: what each token's embedding adds to a logit, at places on a path from a baseline. */
import { add, gather, mul, reduceSum, reshape, sub } from '../graph/build.js';
import { differentiate } from '../graph/differentiate.js';
import { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { buildClassifier, type ClassifierSpec } from '../model/classifier.js';
import type { Step } from './step.js';
import { toOnnx } from './to-onnx.js';

/**
 * Inputs: texts as for `forwardStep`; `baseline_ids` (int64 [B, S]), whose embeddings the path begins at; `along`
 * (float32 [B]), how far each text is on its way, 0 at the baseline and 1 at the text; `target` (float32 [C]), which logit
 * is asked about: 1 for that, 0 for the others. The word embeddings are `baseline + along (text - baseline)`; positions and
 * token types are those of the text all along.
 *
 * Outputs: `logits` [B, C] there, and `slopes` [B, S]: the logit's gradient by each token's embedding, times `text -
 * baseline`. Their integral over `along` from 0 to 1 is the integrated gradient (Sundararajan, Taly and Yan 2017, arXiv
 * 1703.01365, equation 1), summed over the embedding's numbers.
 */
export function pathGradientStep(spec: ClassifierSpec): Step {
  const graph = new Graph();
  const baselineIds = graph.input('baseline_ids', 'int64', ['B', 'S']);
  const along = reshape(graph.input('along', 'float32', ['B']), ['B', 1, 1]);
  let way: { difference: Value; place: Value } | undefined;
  const { parameters, logits } = buildClassifier(graph, spec, {
    training: true,
    words: (table, inputIds) => {
      const start = gather(table, baselineIds); // [B, S, H]
      const difference = sub(gather(table, inputIds), start); // [B, S, H]
      const place = add(start, mul(difference, along)); // [B, S, H]
      way = { difference, place };
      return place;
    },
  });
  const { difference, place } = way!; // every encoder reads word embeddings
  // Texts have no part in each other's logits, so the gradient of the sum has each text's own.
  const sum = reduceSum(mul(logits, graph.input('target', 'float32', [spec.numLabels])), [0, 1]);
  const [gradient] = differentiate(graph, sum, [place]);
  graph.output('logits', logits);
  graph.output('slopes', reduceSum(mul(gradient!, difference), [2])); // [B, S]
  return { graph, onnx: toOnnx(graph, 'bertune_path_gradient'), parameters: parameters.specs };
}

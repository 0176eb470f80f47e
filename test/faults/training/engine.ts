/** ONNX Runtime with faults: a run of one of its graphs throws, or finds or leaves a number that is not finite. */
import ort from 'onnxruntime-node';

/** The graphs of a training step, by an output that no other has; what has none of these evaluates. */
const GRAPHS = { gradient: 'loss', norm: 'sum_of_squares', update: 'new_parameter' } as const;
export type GraphName = keyof typeof GRAPHS | 'evaluation';

/** A run of a graph under way. */
export interface GraphRun {
  readonly graph: GraphName;
  /** Counted from 1, of this graph. */
  readonly count: number;
  readonly feeds: Readonly<Record<string, { readonly data: unknown }>>;
  /** What it writes to. */
  readonly results: Readonly<Record<string, { readonly data: unknown }>>;
}

/** What is done to runs. */
export interface Faults {
  readonly before?: (run: GraphRun) => void;
  readonly after?: (run: GraphRun) => void;
}

let faults: Faults = {};
const counts = new Map<GraphName, number>();

/** From now on, and counted from now on; with nothing given all is well again. */
export function setFaults(now: Faults = {}): void {
  faults = now;
  counts.clear();
}

const { InferenceSession } = ort;
const create = InferenceSession.create.bind(InferenceSession) as (
  ...args: unknown[]
) => Promise<ort.InferenceSession>;

Object.assign(InferenceSession, {
  create: async (...args: unknown[]): Promise<ort.InferenceSession> => {
    const session = await create(...args);
    const found = Object.entries(GRAPHS).find(([, output]) => session.outputNames.includes(output));
    const graph = (found?.[0] ?? 'evaluation') as GraphName;
    const run = session.run.bind(session) as (...args: unknown[]) => Promise<ort.InferenceSession.ReturnType>;
    return Object.assign(session, {
      run: async (feeds: GraphRun['feeds'], results: GraphRun['results']) => {
        const count = (counts.get(graph) ?? 0) + 1;
        counts.set(graph, count);
        const now = { graph, count, feeds, results };
        faults.before?.(now);
        const returned = await run(feeds, results);
        faults.after?.(now);
        return returned;
      },
    });
  },
});

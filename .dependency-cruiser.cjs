/**
 * The direction of imports: a room under src/ knows only the rooms that stand beside its name here, and util.
 * docs/architecture.md shows them in the order in which a text walks through them.
 */
const ROOMS = {
  util: [],
  data: [],
  tokenizer: [],
  encoding: ['data', 'tokenizer'],
  batching: ['data', 'tokenizer'],
  graph: [],
  model: ['graph'],
  optim: ['graph'],
  formats: [],
  step: ['graph', 'model', 'optim', 'formats'],
  runtime: [],
  files: [],
  hub: ['files'],
  checkpoint: ['data', 'tokenizer', 'model', 'formats', 'step', 'files', 'hub'],
  evaluate: ['batching', 'runtime'],
  explain: ['tokenizer', 'batching', 'runtime', 'evaluate'],
  baseline: [],
  train: ['tokenizer', 'batching', 'graph', 'model', 'optim', 'step', 'runtime'],
  predict: ['data', 'tokenizer', 'encoding', 'evaluate', 'explain', 'step', 'runtime', 'hub', 'checkpoint'],
  report: ['evaluate', 'explain'],
  web: ['data', 'tokenizer', 'encoding', 'step', 'runtime', 'checkpoint', 'predict'],
  api: [
    ...[
      'data',
      'tokenizer',
      'encoding',
      'batching',
      'model',
      'optim',
      'formats',
      'step',
      'runtime',
      'files',
      'hub',
      'checkpoint',
    ],
    ...['evaluate', 'explain', 'baseline', 'train', 'predict', 'report'],
  ],
  cli: ['api', 'evaluate', 'explain', 'train', 'predict', 'report', 'files'],
};

const room = (name) => `^src/${name}/`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(ROOMS).map(([name, others]) => ({
      name: `${name}-knows-only`,
      comment: `src/${name}/ may import ${['util', ...others].join(', ')}`,
      severity: 'error',
      from: { path: room(name) },
      to: {
        path: '^src/',
        pathNot: [name, 'util', ...others].map(room).concat(name === 'cli' ? ['^src/index.ts$'] : []),
      },
    })),
    {
      name: 'rooms-are-listed',
      comment: 'a new room is added to ROOMS in .dependency-cruiser.cjs and to docs/architecture.md',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: Object.keys(ROOMS).map(room) },
    },
    {
      name: 'only-files-touches-the-disk',
      severity: 'error',
      from: { path: '^src/', pathNot: room('files') },
      to: { path: '^(node:)?(fs|zlib|crypto|http|https|child_process)(/|$)' },
    },
    {
      name: 'only-hub-knows-the-network',
      severity: 'error',
      from: { path: '^src/', pathNot: room('hub') },
      to: { path: '^(node:)?(net|dns)(/|$)|@huggingface/hub' },
    },
    {
      name: 'pages-have-no-disk',
      comment: 'what is bundled for a page is checked by test/web too, with all that it imports',
      severity: 'error',
      from: { path: room('web') },
      to: { path: '^src/(predict/load|checkpoint/(load|folder|read-adapter|save|export|check)).ts$' },
    },
    {
      name: 'only-encoding-starts-threads',
      severity: 'error',
      from: { path: '^src/', pathNot: room('encoding') },
      to: { path: '^(node:)?worker_threads$' },
    },
    {
      name: 'only-runtime-knows-onnxruntime',
      severity: 'error',
      from: { path: '^src/', pathNot: room('runtime') },
      to: { path: 'onnxruntime' },
    },
    {
      name: 'node-only-where-it-is-said',
      comment: 'everything but these compiles for the browser',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          room('files'),
          room('hub'),
          room('cli'),
          room('api'),
          '^src/runtime/node.ts$',
          '^src/encoding/(threads|worker).ts$',
        ],
      },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};

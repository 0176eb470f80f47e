// What bench/craft.js compares: a name and the settings that differ from the row "base".
const short = { maxLength: 192, epochs: 2 };
const mid = { maxLength: 256, epochs: 3, averageLast: 0.3, dropout: 0 };

export const ROWS = {
  base: short,
  'layer-decay': { ...short, layerDecay: 0.95 },
  'layer-decay-high-rate': { ...short, layerDecay: 0.85, learningRate: 2e-4 },
  'average-last': { ...short, averageLast: 0.3 },
  'label-smoothing': { ...short, labelSmoothing: 0.1 },
  'no-dropout': { ...short, dropout: 0 },
  'freeze-embeddings': { ...short, freeze: 'embeddings' },
  'freeze-2': { ...short, freeze: 2 },
  'freeze-all': { ...short, epochs: 20, learningRate: 1e-2, freeze: 'all' },
  /** Of the texts with the label of the first only so many that they are a tenth of all. */
  skewed: { ...short, skew: 0.1 },
  'skewed-class-weights': { ...short, skew: 0.1, classWeights: 'balanced' },
  'four-epochs': { ...short, epochs: 4 },
  'early-stopping': { ...short, epochs: 4, evalSteps: 25, earlyStopping: 3 },
  lora: { ...short, loraRank: 8, learningRate: 1e-3 },
  /** After three epochs of guessing masked words on the same texts. */
  'further-pre-training': { ...short, pretrain: { epochs: 3 } },
  'long-texts': { maxLength: 512, epochs: 3, averageLast: 0.3 },
  windows: { maxLength: 256, truncation: 'windows', epochs: 3, averageLast: 0.3 },
  'long-texts-256': mid,
  /** All that makes the encoder stay as it is, together. */
  'long-texts-256-held-back': { ...mid, labelSmoothing: 0.1, layerDecay: 0.9, freeze: 'embeddings' },
  fast: { recipe: 'fast' },
  'fast-128': { recipe: 'fast', maxLength: 128, shortFirst: 0 },
  'fast-128-dropout': { recipe: 'fast', maxLength: 128, shortFirst: 0, dropout: 0.1, averageLast: 0 },
  'fast-256': { recipe: 'fast', maxLength: 256, shortFirst: 0 },
  balanced: { recipe: 'balanced' },
  best: { recipe: 'best' },
  /** What `best` was before its runs parted. */
  'best-three-epochs': { maxLength: 512, epochs: 3, averageLast: 0.3, dropout: 0 },
  'best-all-long': { recipe: 'best', shortFirst: 0 },
};

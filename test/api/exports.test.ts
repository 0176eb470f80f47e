/** What `import ... from 'bertune'` gives, and that it is enough for a program of ten lines. */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import * as bertune from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { BIN, TINY } from '../support/cli.js';

test('the public names are these and no others', () => {
  expect(Object.keys(bertune).sort()).toEqual([
    'BUNDLED_MODEL',
    'BertuneError',
    'Classifier',
    'DataError',
    'EXPLANATION_CSS',
    'EngineError',
    'FileError',
    'HubError',
    'InternalError',
    'InterruptedError',
    'ModelError',
    'NumericError',
    'SAMPLE_TEST',
    'SAMPLE_TRAIN',
    'UsageError',
    'VERSION',
    'calibrate',
    'compare',
    'compareReports',
    'crossValidate',
    'evaluate',
    'explain',
    'explanationHtml',
    'exportModel',
    'findErrors',
    'findSimilar',
    'findSuspects',
    'forecast',
    'forecastPretraining',
    'inspect',
    'listModels',
    'pretrain',
    'probabilitiesOf',
    'report',
    'sweep',
    'train',
    'trainSeeds',
    'verifyRun',
  ]);
});

test('each error has its own code and says what a process should exit with', () => {
  const {
    DataError,
    EngineError,
    FileError,
    HubError,
    InternalError,
    InterruptedError,
    ModelError,
    NumericError,
    UsageError,
  } = bertune;
  const errors = [
    DataError,
    EngineError,
    FileError,
    HubError,
    ModelError,
    UsageError,
    InterruptedError,
    NumericError,
    InternalError,
  ];
  expect(
    errors.map((Kind) => {
      const error = new Kind('a message', { cause: 'x' });
      expect(error).toBeInstanceOf(bertune.BertuneError);
      expect(error).toBeInstanceOf(Error);
      expect(error.cause).toBe('x');
      return [error.name, error.code, error.exitCode];
    }),
  ).toEqual([
    ['DataError', 'DATA', 2],
    ['EngineError', 'ENGINE', 1],
    ['FileError', 'FILE', 2],
    ['HubError', 'HUB', 2],
    ['ModelError', 'MODEL', 2],
    ['UsageError', 'USAGE', 2],
    ['InterruptedError', 'INTERRUPTED', 130],
    ['NumericError', 'NUMERIC', 1],
    ['InternalError', 'INTERNAL', 1],
  ]);
});

test("a program that imports 'bertune' trains, evaluates and predicts, and ends by itself", async () => {
  const program = `
    import { train, evaluate, Classifier } from 'bertune';
    const [model, out] = process.argv.slice(1);
    const data = ['fine', 'great', 'dull', 'weak'].flatMap((word, i) =>
      ['a ' + word + ' film', 'the plot is ' + word].map((text) => ({ text, label: i < 2 ? 'good' : 'bad' })));
    const { folder } = await train({ data, test: data, model, out, maxLength: 24, learningRate: 0.01, epochs: 20 });
    const { accuracy } = await evaluate(folder, data);
    const classifier = await Classifier.load(folder);
    const [{ label }] = await classifier.predict(['a fine film']);
    console.log(JSON.stringify({ accuracy, label }));
    await classifier.release();`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program, TINY, `${tempFolder()}/run`],
    { cwd: dirname(dirname(BIN)), timeout: 150_000 },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ accuracy: 1, label: 'good' });
});

/** The same as hostile-onnx.test.ts with many more files: `npm run test:faults`. */
import { fuzzEngine } from './hostile/engine.js';
import { fuzzOnnx } from './hostile/onnx.js';
import { runsOr } from './runs.js';

fuzzOnnx(runsOr(50_000));
fuzzEngine(Math.min(runsOr(2_000), 2_000));

/** ONNX files that are wrong, by the thousand; many more of the same in hostile-onnx.long.test.ts. */
import { fuzzEngine } from './hostile/engine.js';
import { fuzzOnnx } from './hostile/onnx.js';
import { runsOr } from './runs.js';

fuzzOnnx(runsOr(500));
fuzzEngine(Math.min(runsOr(40), 40));

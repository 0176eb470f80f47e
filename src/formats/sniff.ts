/** @file Knows the files that are most often met under the name of weights but are none. */
import { LFS_POINTER, WEB_PAGE } from '../util/mistaken.js';

/** How to turn a PyTorch file into safetensors; such a file is never opened, as reading it can run code. */
export const HOW_TO_CONVERT =
  'convert it in Python: AutoModel.from_pretrained("<folder>").save_pretrained("<folder>"), ' +
  'or take the model.safetensors that its page offers';

/** How a file starts (as Latin-1), and what it then is: the end of "<name> ...", with what to do. */
const OTHERS: readonly [readonly (string | RegExp)[], string][] = [
  [
    [LFS_POINTER],
    'is a Git LFS pointer, not the weights: run "git lfs pull" in its folder, or download the file itself.',
  ],
  [
    [WEB_PAGE],
    "is a web page saved as weights: download the file itself (on Hugging Face: the page's download link).",
  ],
  [['PK\u0003\u0004'], `is a zip file, such as PyTorch's .bin or .pt: ${HOW_TO_CONVERT}.`],
  [
    ['\u0080\u0002', '\u0080\u0003', '\u0080\u0004', '\u0080\u0005'],
    `is a Python pickle, such as PyTorch's .bin or .pt: ${HOW_TO_CONVERT}.`,
  ],
  [['\u001f\u008b'], 'is compressed with gzip: unpack it first.'],
  // Its mark stands behind the length of its first table. An engine would tell it by that, whatever else it may be.
  [[/^[^]{4}ORTM/], "is a model in ONNX Runtime's own format: use the ONNX file that it was made from."],
  [['GGUF'], 'is a GGUF file: use the original model, as safetensors.'],
  [['\u0089HDF'], 'is an HDF5 file (Keras): use the original model, as safetensors.'],
  [[/^\s*\{/], 'is JSON text, not weights (an error message of a server, perhaps): download it again.'],
];

/** What a file is that isn't safetensors, as the end of a sentence; undefined when it isn't known. */
export function sniffOtherFormat(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 128));
  const fits = (sign: string | RegExp) =>
    typeof sign === 'string' ? start.startsWith(sign) : sign.test(start);
  return OTHERS.find(([signs]) => signs.some(fits))?.[1];
}

// One text classified by transformers.js: node bench/peers/start.js FOLDER "text"
import { classifierOf } from './pipeline.js';

const [folder, text] = process.argv.slice(2);
const classify = await classifierOf(folder);
console.log(JSON.stringify((await classify(text))[0]));

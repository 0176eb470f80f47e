// A contender for bench.test.ts: node contender.fake.js <name> <seconds of each slice, with commas> <log>
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [name, list, log] = process.argv.slice(2);
const seconds = list.split(',').map(Number);
const say = (line) => console.log(JSON.stringify(line));

console.log('libraries print what they like');
say({ ready: true, versions: { [name]: '1' } });
for await (const _ of createInterface({ input: process.stdin })) {
  appendFileSync(log, name);
  if (seconds.length === 0) process.exit(3);
  say({ seconds: seconds.shift(), texts: 12, tokens: 120 });
}
say({ peakBytes: 1000 });

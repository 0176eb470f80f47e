#!/usr/bin/env bash
# Packs bertune, installs it into an empty project with install scripts off, and uses it from there: the command line, an
# import in an ES module, and its types under `strict` with the types of all libraries checked.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
npm run --silent build
npm pack --silent --ignore-scripts --pack-destination "$place" >/dev/null
mkdir "$place/again"
npm pack --silent --ignore-scripts --pack-destination "$place/again" >/dev/null
cmp "$place"/bertune-*.tgz "$place"/again/bertune-*.tgz # the same files give the same bytes
typescript=$(node -p 'require("typescript/package.json").version')
types=$(node -p 'require("@types/node/package.json").version')
cd "$place"
echo '{ "private": true, "type": "module" }' >package.json
npm install --ignore-scripts --no-audit --no-fund --silent ./bertune-*.tgz "typescript@$typescript" "@types/node@$types"
npx --no-install bertune --version
npx --no-install bertune models
cat >use.ts <<'TS'
import { BertuneError, BUNDLED_MODEL, Classifier, type Prediction } from 'bertune';
export const predict = async (folder: string): Promise<readonly Prediction[]> => {
  const classifier = await Classifier.load(folder);
  return classifier.predict(['A fine film.']);
};
try {
  await predict(BUNDLED_MODEL);
} catch (error) {
  if (!(error instanceof BertuneError)) throw error;
  console.log(error.code);
}
TS
npx --no-install tsc --strict --skipLibCheck false --target es2022 --module nodenext --types node use.ts
node use.js
cat >data.csv <<'CSV'
text,label
a fine film,good
a dull film,bad
what a fine cast,good
what a dull cast,bad
fine fine fine,good
dull dull dull,bad
CSV
npx --no-install bertune train data.csv --max-steps 1 --max-length 16 --test data.csv --out run --json >/dev/null
npx --no-install bertune predict run "a fine film"

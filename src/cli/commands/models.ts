/** `bertune models` */
import { Command } from 'commander';
import { listModels, type KnownModel } from '../../index.js';
import { plural } from '../../util/wording.js';
import { print, say, shown, table } from '../terminal.js';
import { escapedJson } from '../../util/wording.js';

const EXAMPLES = `
Examples:
  bertune models
  bertune models --json | jq -r '.models[] | select(.obstacle == null) | .id'
  bertune train reviews.csv --model google-bert/bert-base-uncased     downloads it first, once
`;

export function modelsCommand(): Command {
  return new Command('models')
    .summary('list the models that are at hand')
    .description(
      "The bundled model, and those in the cache that all of Hugging Face's libraries share (HF_HOME, HF_HUB_CACHE), " +
        'with what is in the way of training them. Nothing is downloaded.',
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json = false }: { json?: boolean }) => {
      const found = await listModels();
      if (json) {
        print(escapedJson(JSON.stringify(found, (_, value: unknown) => value ?? null, 2)));
        return;
      }
      const header = [
        'model',
        'revision',
        'size',
        'last used',
        'architecture',
        'classifier',
        'can be trained',
      ];
      print(table([header, ...found.models.map(row)], [2]));
      say(`In ${shown(found.cache)} and in bertune itself; any other of the hub: --model <org>/<name>`);
    });
}

function row(model: KnownModel): string[] {
  const { id, commit, refs, bytes, lastUsed = '-', architecture = '-', outputs, obstacle } = model;
  const revision = [...refs, ...(commit === undefined ? [] : [commit.slice(0, 8)])].join(' ');
  return [
    ...[shown(id, 60), shown(revision, 40), `${(bytes / 1e6).toFixed(1)} MB`, lastUsed.slice(0, 10)],
    ...[shown(architecture, 40), outputs === undefined ? '-' : plural(outputs, 'output')],
    obstacle === undefined ? 'yes' : `no: ${shown(obstacle, 80)}`,
  ];
}

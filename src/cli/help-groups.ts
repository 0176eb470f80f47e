/** Which heading of the help an option or a command stands under, so that fifty of them can be read. */
import type { Command } from 'commander';

const COMMANDS = {
  'Train:': 'demo inspect train pretrain sweep',
  'Judge:': 'evaluate report compare calibrate errors suspects explain',
  'Use:': 'predict export verify models',
};

const OPTIONS = {
  'Data and model:':
    'model test test-split validation validation-split drop-leaks no-baseline text-column text-pair-column label-column ' +
    'problem-type clean',
  'Training:':
    'recipe epochs max-steps batch-size gradient-accumulation-steps learning-rate warmup-steps warmup-ratio schedule ' +
    'weight-decay max-grad-norm dropout order seed threads',
  'Long texts:': 'max-length truncation head-tokens stride',
  'For accuracy, or less time:':
    'layer-decay head-rate freeze lora-rank lora-alpha lora-merge label-smoothing class-weights average-last short-first branches',
  'Choosing by texts set aside:': 'eval-steps metric early-stopping calibrate seeds folds',
};

/** Options beyond which a help is cut into groups. */
const MANY = 20;

/** Puts the commands of a program, and the options of those with many, under their headings. */
export function groupHelp(program: Command): void {
  for (const command of program.commands) {
    const group = headingOf(COMMANDS, command.name());
    if (group !== undefined) command.helpGroup(group);
    if (command.options.length < MANY) continue;
    for (const option of command.options) {
      option.helpGroup(headingOf(OPTIONS, (option.long ?? '').slice(2)) ?? 'The run:');
    }
  }
}

function headingOf(groups: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(groups).find(([, names]) => names.split(' ').includes(name))?.[0];
}

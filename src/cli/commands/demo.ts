/** `bertune demo`, which is `npm start`: the whole of bertune in a few minutes, on what is in the package. */
import { Command } from 'commander';
import { Classifier, SAMPLE_TEST, SAMPLE_TRAIN } from '../../index.js';
import { addSettings, threadsOption, type TrainFlags } from '../flags.js';
import { printPlain } from '../prediction.js';
import { recipeHelp } from '../recipes.js';
import { err, out, print, say } from '../terminal.js';
import { printResult, trainWithProgress } from './train.js';

const FOLDER = 'runs/demo';

const SENTENCES = [
  'A quiet, beautifully acted film that stayed with me for days.',
  'Two hours of explosions and not a single idea.',
  'The first half drags, but the ending makes up for all of it.',
];

export function demoCommand(): Command {
  const command = new Command('demo')
    .summary('fine-tune the bundled model on the bundled film reviews')
    .description(
      'Fine-tunes the bundled all-MiniLM-L6-v2 on 2,000 IMDB reviews, evaluates it on 1,000 others, saves the run to ' +
        `${FOLDER} (replacing an earlier demo) and classifies three sentences.`,
    );
  return addSettings(command)
    .addOption(threadsOption())
    .addHelpText('after', `\n${recipeHelp()}`)
    .action(async (flags: TrainFlags) => {
      say(err.bold('bertune fine-tunes BERT to tell good film reviews from bad ones.'));
      say();
      const result = await trainWithProgress({
        data: SAMPLE_TRAIN,
        test: SAMPLE_TEST,
        out: FOLDER,
        force: true,
        ...flags,
      });
      say();
      printResult(result);
      print();
      const classifier = await Classifier.load(FOLDER, { threads: flags.threads });
      try {
        for (const prediction of await classifier.predict(SENTENCES)) printPlain(prediction);
      } finally {
        await classifier.release();
      }
      print();
      print('Try your own:');
      print(`  ${out.cyan(`npx bertune predict ${FOLDER} "your text"`)}`);
      print(`  ${out.cyan('npx bertune train your-texts.csv')}`);
    });
}

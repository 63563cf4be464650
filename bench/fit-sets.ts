/**
 * What learning gives on folders of photographs with coarse and true masks (`samrefiner eval --data`): every set as a
 * project of its own, and all of them as one. Prompts are made of the coarse masks; three images in ten are held out.
 * Sets with fewer than ten held-out images are measured all the same, but nothing would be kept of them.
 * Run: `npm run typecheck && node build/bench/fit-sets.js <folder of sets> [--model lite] [--prompt all]`
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { listEvalSets } from '../src/eval/dataset.js';
import { type CollectedExamples, collectExamples } from '../src/fit/collect-examples.js';
import { imagesOfSets } from '../src/fit/labelled-images.js';
import { learnAdapter } from '../src/fit/learn-adapter.js';
import { PROMPT_KINDS } from '../src/fit/prompt-kind.js';
import { openModelByName } from '../src/onnx/open-model-by-name.js';
import { optionsFor } from '../src/onnx/options-for.js';
import { SPLIT_DEFAULTS } from '../src/refiner/image-split.js';
import { JUDGE_DEFAULTS } from '../src/refiner/judge.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string', default: 'lite' }, prompt: { type: 'string', default: 'all' } },
});

type Examples = Pick<CollectedExamples, 'training' | 'heldOut' | 'selectable'>;

async function row(name: string, examples: Examples): Promise<string> {
  const judge = { ...JUDGE_DEFAULTS, minImages: 1 };
  const learned = await learnAdapter(examples, { judge });
  const { figures } = learned;
  if (figures === null)
    return `| ${name} | ${learned.status === 'refused' ? learned.reason : ''} | | | | | | |`;
  const { before, after, bestMeanIou, gainInterval: gain, images } = figures;
  const outcome = images < JUDGE_DEFAULTS.minImages ? 'too few images' : learned.status;
  const cells = [
    ...[name, outcome, String(images)],
    ...[before, after].map(({ top1Accuracy }) => (100 * top1Accuracy).toFixed(0)),
    ...[before.meanIou, after.meanIou, bestMeanIou].map((value) => value.toFixed(4)),
    `${gain.low.toFixed(4)} to ${gain.high.toFixed(4)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const prompt = PROMPT_KINDS.find((kind) => kind === values.prompt);
if (prompt === undefined) throw new Error(`--prompt is one of ${PROMPT_KINDS.join(', ')}`);
const model = await openModelByName(values.model, { threads: 0 });
try {
  console.log(`${model.version}, prompt ${prompt}, ${cpus()[0]?.model ?? ''}\n`);
  console.log(
    '| set | outcome | held-out images | top-1 % | after | mean IoU | after | best possible | gain |',
  );
  console.log('|---|---|---:|---:|---:|---:|---:|---:|---|');
  const options = optionsFor(model.pack.manifest.defaults);
  const settings = { model, options, prompt, masksPerImage: 20, split: SPLIT_DEFAULTS };
  const all: CollectedExamples[] = [];
  for (const set of await listEvalSets(positionals[0] ?? '')) {
    const collected = await collectExamples(imagesOfSets([set], 1e8), settings);
    all.push(collected);
    console.log(await row(set.name, collected));
  }
  const together: Examples = {
    training: all.flatMap(({ training }) => training),
    heldOut: all.flatMap(({ heldOut }) => heldOut),
    selectable: all[0]?.selectable ?? [],
  };
  console.log(await row('all of them', together));
} finally {
  await model.close();
}

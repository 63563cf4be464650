/**
 * Proof that learning works, on projects made from photographs: their true mask is always one of the model's own
 * candidates, the smallest, the largest or the one that the model chooses itself. The first two want another choice than
 * the model's and must gain; in the third the model is right already, and what is learned must be refused. Prompts are
 * made of the coarse masks of folders as for `samrefiner eval`, none of whose photographs the `lite` model has seen.
 * Run: `npm run typecheck && node build/bench/fit.js <folder of sets> [--images 200] [--record <file>]`
 * or `node build/bench/fit.js --read test/golden/proof-project/candidates.json`.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { listEvalSets } from '../src/eval/dataset.js';
import { imagesOfSets } from '../src/fit/labelled-images.js';
import { learnAdapter } from '../src/fit/learn-adapter.js';
import { openModelByName } from '../src/onnx/open-model-by-name.js';
import { optionsFor } from '../src/onnx/options-for.js';
import { SPLIT_DEFAULTS, splitByImage } from '../src/refiner/image-split.js';
import {
  candidateOfMost,
  type CandidateRecord,
  type CandidateRecords,
  projectOf,
  readRecords,
  recordCandidates,
  writeRecords,
} from './candidate-records.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '200' },
    record: { type: 'string' },
    read: { type: 'string' },
    model: { type: 'string', default: 'lite' },
  },
});

async function record(folder: string): Promise<CandidateRecords> {
  const all = imagesOfSets(await listEvalSets(folder), 1e8);
  // Spread over all sets.
  const step = Math.max(1, all.length / Number(values.images));
  const images = all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  const model = await openModelByName(values.model, { threads: 0 });
  try {
    return await recordCandidates(images, model, optionsFor(model.pack.manifest.defaults), (done) => {
      process.stderr.write(`\r${done}/${images.length} images`);
    });
  } finally {
    process.stderr.write('\n');
    await model.close();
  }
}

const records =
  values.read === undefined ? await record(positionals[0] ?? '') : await readRecords(values.read);
if (values.record !== undefined) await writeRecords(values.record, records);
const { selectable } = records;
const projects: Readonly<Record<string, (record: CandidateRecord) => number>> = {
  'the smallest candidate': ({ areas }) =>
    candidateOfMost(
      areas.map((area) => -area),
      selectable,
    ),
  'the largest candidate': ({ areas }) => candidateOfMost(areas, selectable),
  'what the model chooses': ({ ious }) => candidateOfMost(ious, selectable),
};

const percent = (share: number): string => (100 * share).toFixed(1);
console.log(`${records.model}, ${records.records.length} images, ${cpus()[0]?.model ?? ''}\n`);
console.log('| the project wants | outcome | top-1 % | after | mean IoU | after | best possible | gain |');
console.log('|---|---|---:|---:|---:|---:|---:|---|');
for (const [name, wanted] of Object.entries(projects)) {
  const examples = projectOf(records, wanted);
  const learned = await learnAdapter({ ...splitByImage(examples, SPLIT_DEFAULTS), selectable });
  const { figures } = learned;
  if (!figures) {
    console.log(`| ${name} | ${learned.status} | | | | | | |`);
    continue;
  }
  const { before, after, bestMeanIou, gainInterval: gain } = figures;
  const cells = [
    ...[name, learned.status, percent(before.top1Accuracy), percent(after.top1Accuracy)],
    ...[before.meanIou, after.meanIou, bestMeanIou].map((value) => value.toFixed(4)),
    `${gain.low.toFixed(4)} to ${gain.high.toFixed(4)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

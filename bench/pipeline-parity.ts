/**
 * Compares the whole pipeline with the official program, mask for mask, on the same weights.
 *
 *     python3 test/golden/pipeline/make_reference.py --samrefiner CHECKOUT --data FOLDER --out DIRECTORY
 *     node build/bench/pipeline-parity.js DIRECTORY [--verbose] [--corner-point]
 *
 * Everything is ours: the graphs written from the checkpoint, decoding and resizing of the photograph, prompts, rounds,
 * choice of candidates, upsampling. The masks of a photograph are refined in one call; the official ones were given one a
 * call and, in the variants named `batch`, all in one call. With `--corner-point` ours also prompts as the official
 * program does where a box holds no background: with the pixel (0, 0) as negative point.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeMaskImage } from '../src/formats/mask-image.js';
import { decodeImage, type RgbImage } from '../src/onnx/decode-image.js';
import { type Model, openModel } from '../src/onnx/model.js';
import { loadPack } from '../src/onnx/pack.js';
import type { Candidates, Decoder, FramePrompt } from '../src/refiner/engine.js';
import { areaPx } from '../src/refiner/mask.js';
import { intersectionArea } from '../src/refiner/metrics.js';
import { refineMasks } from '../src/refiner/refine.js';
import type { Mask } from '../src/refiner/types.js';
import {
  optionsOf,
  type PipelineReference,
  readReference,
  type ReferencePhotograph,
  type Variant,
  withInstalledPack,
} from './pipeline-reference.js';

const [directory = '', ...flags] = process.argv.slice(2);
const verbose = flags.includes('--verbose');
const decoding = { orientation: 'exif', maxPixels: 100_000_000 } as const;

interface Tally {
  masks: number;
  equalMasks: number;
  pixels: number;
  /** Pixels of the rough masks that the official program changed. */
  changedByRefining: number;
  differingPixels: number;
  worstMaskFraction: number;
  largestIouDifference: number;
}

const reference = await readReference(directory);
const tallies = new Map(reference.variants.map(({ name }) => [name, emptyTally()]));
await withInstalledPack(join(directory, reference.checkpoint), async (folder) => {
  const model = await openModel(await loadPack(folder), { threads: 0 });
  for (const photograph of reference.photographs) await compare(photograph, model);
  await model.close();
});
printTable(reference);

async function compare(photograph: ReferencePhotograph, model: Model): Promise<void> {
  const image = await decoded(photograph.photograph);
  reportPixels(photograph.name, image, await decoded(photograph.pixels));
  const rough = await Promise.all(photograph.masks.map((mask) => readMask(mask.rough, photograph)));
  const embedding = await model.encode(image);
  // A reference that is still being made lacks some.
  const made = reference.variants.filter(({ name }) => photograph.masks[0]?.official[name]);
  for (const variant of made) {
    const ours = model.decoderFor(embedding);
    const decoder = flags.includes('--corner-point') ? withCornerPoint(ours) : ours;
    const verdicts = await refineMasks(rough, decoder, optionsOf(variant));
    for (const [i, verdict] of verdicts.entries()) {
      const official = photograph.masks[i]?.official[variant.name];
      const tally = tallies.get(variant.name);
      const before = rough[i];
      if (!official || !tally || !before) continue;
      const expected = await readMask(official.file, photograph);
      const differing = symmetricDifference(verdict.mask, expected);
      const predicted = 'figures' in verdict ? (verdict.figures?.predictedIou ?? NaN) : NaN;
      const iouDifference = Math.abs(predicted - Math.max(...official.ious));
      tally.masks++;
      tally.equalMasks += differing === 0 ? 1 : 0;
      tally.pixels += photograph.width * photograph.height;
      tally.changedByRefining += symmetricDifference(before, expected);
      tally.differingPixels += differing;
      tally.worstMaskFraction = Math.max(
        tally.worstMaskFraction,
        differing / (photograph.width * photograph.height),
      );
      tally.largestIouDifference = Math.max(tally.largestIouDifference, iouDifference);
      if (verdict.status !== 'refined' || (verbose && (differing > 0 || iouDifference > 1e-4))) {
        console.log(
          `${photograph.name} mask ${i} ${variant.name}: ${verdict.status}, ${differing} of ${areaPx(expected)} px`,
          `predicted IoU ${predicted} for ${official.ious.join(', ')}`,
        );
      }
    }
  }
}

/** A decoder that is told the pixel (0, 0) as negative point wherever a prompt has none. */
function withCornerPoint(decoder: Decoder): Decoder {
  const complete = (prompt: FramePrompt): FramePrompt => {
    const [first, ...others] = prompt.labels;
    if (first === undefined || prompt.labels.includes(0)) return prompt;
    const coords = Float32Array.of(...prompt.coords.slice(0, 2), 0, 0, ...prompt.coords.slice(2));
    return { ...prompt, coords, labels: [first, 0, ...others] };
  };
  // One at a time, because the prompts of a run must have equally many points.
  return {
    ...decoder,
    decode: async (prompts, signal) => {
      const all: Candidates[] = [];
      for (const prompt of prompts) {
        const [only] = await decoder.decode([complete(prompt)], signal);
        if (only) all.push(keptBeyondNextCall(only));
      }
      return all;
    },
  };
}

function keptBeyondNextCall({ logits, ious, iouFeatures, count }: Candidates): Candidates {
  return { logits: logits.slice(), ious: ious.slice(), iouFeatures: iouFeatures.slice(), count };
}

async function decoded(file: string): Promise<RgbImage> {
  return decodeImage(await readFile(join(directory, file)), decoding);
}

async function readMask(file: string, { width, height }: ReferencePhotograph): Promise<Mask> {
  return decodeMaskImage(await readFile(join(directory, file)), { width, height });
}

function symmetricDifference(a: Mask, b: Mask): number {
  return areaPx(a) + areaPx(b) - 2 * intersectionArea(a, b);
}

/** How far our decoded photograph is from OpenCV's. */
function reportPixels(name: string, ours: RgbImage, theirs: RgbImage): void {
  let differing = 0;
  let largest = 0;
  for (const [i, value] of ours.data.entries()) {
    const difference = Math.abs(value - (theirs.data[i] ?? 0));
    if (difference > 0) differing++;
    if (difference > largest) largest = difference;
  }
  const share = ((100 * differing) / ours.data.length).toFixed(2);
  console.log(`${name}: ${share} % of the photograph's bytes differ from OpenCV's, by at most ${largest}`);
}

function printTable({ variants }: PipelineReference): void {
  console.log(
    '\n| official call | rounds | margin | masks | equal masks | changed by refining | differing pixels | fraction | worst mask | max abs Δ predicted IoU |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const variant of variants) printRow(variant, tallies.get(variant.name) ?? emptyTally());
}

function printRow({ batch, rounds, margin }: Variant, tally: Tally): void {
  const cells = [
    batch ? 'all masks' : 'one mask',
    rounds,
    margin === 0 ? '–' : margin,
    tally.masks,
    tally.equalMasks,
    tally.changedByRefining,
    tally.differingPixels,
    (tally.differingPixels / tally.pixels).toExponential(1),
    tally.worstMaskFraction.toExponential(1),
    tally.largestIouDifference.toExponential(1),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function emptyTally(): Tally {
  return {
    masks: 0,
    equalMasks: 0,
    pixels: 0,
    changedByRefining: 0,
    differingPixels: 0,
    worstMaskFraction: 0,
    largestIouDifference: 0,
  };
}

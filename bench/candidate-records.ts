import { readFile, writeFile } from 'node:fs/promises';
import type { FitImage } from '../src/fit/fit-image.js';
import type { Model } from '../src/onnx/model.js';
import type { IouExample } from '../src/refiner/iou-example.js';
import { areaPx, isEmpty } from '../src/refiner/mask.js';
import { iou } from '../src/refiner/metrics.js';
import type { RefineOptions } from '../src/refiner/options.js';
import { promptFor, promptMakerFor } from '../src/refiner/prompts.js';
import { logitsToMask, upsamplerFor } from '../src/refiner/upsample.js';

/** What a model proposes for one mask. */
export interface CandidateRecord {
  readonly image: string;
  readonly features: readonly number[];
  readonly ious: readonly number[];
  readonly areas: readonly number[];
  /** IoU of each candidate with each. */
  readonly matches: readonly (readonly number[])[];
}

export interface CandidateRecords {
  readonly model: string;
  readonly selectable: readonly number[];
  readonly records: readonly CandidateRecord[];
}

/** Features are kept to so many decimals, so that a file of them is the same on other machines. */
const DECIMALS = 5;

/** Asks the model about the largest object of each image, with all prompts. */
export async function recordCandidates(
  images: readonly FitImage[],
  model: Model,
  options: RefineOptions,
  onImage: (done: number) => void = () => undefined,
): Promise<CandidateRecords> {
  const records: CandidateRecord[] = [];
  let selectable: readonly number[] = [];
  for (const [index, image] of images.entries()) {
    const { pixels, objects } = await image.load();
    const [largest] = objects
      .filter(({ rough, truth }) => !isEmpty(truth) && areaPx(rough) >= options.accept.minAreaPx)
      .sort((a, b) => areaPx(b.truth) - areaPx(a.truth));
    onImage(index + 1);
    if (!largest) continue;
    const decoder = model.decoderFor(await model.encode(pixels));
    selectable = decoder.selectable;
    const prompt = promptFor(largest.rough, promptMakerFor(decoder, options.prompts));
    const [candidates] = await decoder.decode([prompt]);
    if (!candidates) continue;
    const { logits, ious, iouFeatures, count } = candidates;
    const size = logits.length / count;
    const upsampler = upsamplerFor(decoder.frame);
    const masks = Array.from({ length: count }, (_, i) =>
      logitsToMask(logits.subarray(i * size, (i + 1) * size), decoder.frame, 0, upsampler),
    );
    records.push({
      image: image.name,
      features: [...iouFeatures].map((value) => Number(value.toFixed(DECIMALS))),
      ious: [...ious],
      areas: masks.map(areaPx),
      matches: masks.map((mask) => masks.map((other) => iou(mask, other))),
    });
  }
  return { model: model.version, selectable, records };
}

/** Examples of a project whose true mask is always the candidate that `wanted` names. */
export function projectOf(
  { records }: CandidateRecords,
  wanted: (record: CandidateRecord) => number,
): readonly IouExample[] {
  return records.map((record) => {
    const truth = wanted(record);
    return {
      image: record.image,
      features: Float32Array.from(record.features),
      ious: Float32Array.from(record.ious),
      trueIous: Float32Array.from(record.matches, (row) => row[truth] ?? 0),
    };
  });
}

/** The candidate, of those that can be chosen, of which a value is greatest. */
export function candidateOfMost(values: readonly number[], selectable: readonly number[]): number {
  return selectable.reduce((best, index) => ((values[index] ?? 0) > (values[best] ?? 0) ? index : best));
}

interface RecordFile {
  readonly model: string;
  readonly features: number;
  readonly outputs: number;
  readonly selectable: readonly number[];
  readonly images: readonly string[];
  /** Base64 of little-endian float32: features, ious, areas, matches of each image. */
  readonly numbers: string;
}

export async function writeRecords(
  path: string,
  { model, selectable, records }: CandidateRecords,
): Promise<void> {
  const numbers = records.flatMap(({ features, ious, areas, matches }) => [
    ...features,
    ...ious,
    ...areas,
    ...matches.flat(),
  ]);
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  const [first] = records;
  const file: RecordFile = {
    model: model.split('+')[0] ?? model,
    features: first?.features.length ?? 0,
    outputs: first?.ious.length ?? 0,
    selectable,
    images: records.map(({ image }) => image),
    numbers: bytes.toString('base64'),
  };
  await writeFile(path, `${JSON.stringify(file)}\n`);
}

export async function readRecords(path: string): Promise<CandidateRecords> {
  const file = JSON.parse(await readFile(path, 'utf8')) as RecordFile;
  const { model, features, outputs, selectable, images } = file;
  const bytes = Buffer.from(file.numbers, 'base64');
  const length = features + 2 * outputs + outputs * outputs;
  const row = (start: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * (start + i)));
  const records = images.map((image, index) => {
    const start = index * length;
    const matrix = start + features + 2 * outputs;
    return {
      image,
      features: row(start, features),
      ious: row(start + features, outputs),
      areas: row(start + features + outputs, outputs),
      matches: Array.from({ length: outputs }, (_, i) => row(matrix + i * outputs, outputs)),
    };
  });
  return { model, selectable, records };
}

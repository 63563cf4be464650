import { createHash } from 'node:crypto';
import type { ExamplesAnswer, ExamplesRequest } from '../../onnx/inference.js';
import type { CandidateExample } from '../../refiner/examples-of.js';
import { compileSchema } from '../validate.js';
import type { FitObject } from './fit-source.js';

/** What was found out of one image, small enough to be kept for a job that goes on after a restart. */
export interface SavedImage {
  /** Of the model and the questions; what was asked otherwise is asked again. */
  readonly asked: string;
  /** Base64 of little-endian float32: for each example its features, predicted and true IoUs. */
  readonly numbers: string;
  readonly features: number;
  readonly outputs: number;
  readonly selectable: readonly number[];
  /** 1 for examples of corrected masks, else 0. */
  readonly corrected: readonly number[];
  /** How many masks were left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Why the image as a whole was left out; null when it was not. */
  readonly skipped: string | null;
}

const COUNT = { type: 'integer', minimum: 0, maximum: 1_000_000 } as const;

const SAVED_IMAGE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: [...['asked', 'numbers', 'features', 'outputs', 'selectable', 'corrected', 'leftOut', 'skipped']],
  properties: {
    asked: { type: 'string' },
    numbers: { type: 'string' },
    features: COUNT,
    outputs: COUNT,
    selectable: { type: 'array', items: COUNT },
    corrected: { type: 'array', items: { type: 'integer', enum: [0, 1] } },
    leftOut: { type: 'object', additionalProperties: COUNT },
    skipped: { type: ['string', 'null'] },
  },
} as const;

/** Compiled once; throws BODY_INVALID. */
export function savedImageReader(): (value: unknown) => SavedImage {
  return compileSchema<SavedImage>(SAVED_IMAGE_SCHEMA);
}

/** Names a model with the questions that it is asked. */
export function questionKey(modelVersion: string, settings: ExamplesRequest['settings']): string {
  return createHash('sha256')
    .update(JSON.stringify([modelVersion, settings]))
    .digest('hex')
    .slice(0, 16);
}

export function skippedImage(asked: string, reason: string): SavedImage {
  return {
    ...{ asked, numbers: '', features: 0, outputs: 0, selectable: [], corrected: [], leftOut: {} },
    skipped: reason,
  };
}

/** The answer about the objects of an image. */
export function savedImage(
  asked: string,
  objects: readonly FitObject[],
  answer: Pick<ExamplesAnswer, 'objects' | 'selectable'>,
): SavedImage {
  const examples: CandidateExample[] = [];
  const corrected: number[] = [];
  const leftOut: Record<string, number> = {};
  for (const [index, found] of answer.objects.entries()) {
    if (found.status === 'left-out') {
      leftOut[found.reason] = (leftOut[found.reason] ?? 0) + 1;
      continue;
    }
    examples.push(...found.examples);
    corrected.push(...found.examples.map(() => Number(objects[index]?.corrected ?? false)));
  }
  const [first] = examples;
  return {
    asked,
    numbers: Buffer.concat(examples.flatMap(bytesOf)).toString('base64'),
    features: first?.features.length ?? 0,
    outputs: first?.ious.length ?? 0,
    selectable: answer.selectable,
    corrected,
    leftOut,
    skipped: null,
  };
}

/** The examples of a saved image, in the order in which they were saved. */
export function examplesIn({
  numbers,
  features,
  outputs,
  corrected,
}: SavedImage): readonly CandidateExample[] {
  const bytes = Buffer.from(numbers, 'base64');
  const length = features + 2 * outputs;
  const row = (start: number, count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * (start + i)));
  if (bytes.length !== 4 * length * corrected.length) return [];
  return corrected.map((_, index) => {
    const start = index * length;
    return {
      features: row(start, features),
      ious: row(start + features, outputs),
      trueIous: row(start + features + outputs, outputs),
    };
  });
}

function bytesOf({ features, ious, trueIous }: CandidateExample): readonly Buffer[] {
  return [features, ious, trueIous].map((values) => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
    return bytes;
  });
}

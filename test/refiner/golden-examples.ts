import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FitOptions } from '../../src/refiner/fit.js';
import type { IouExample } from '../../src/refiner/iou-example.js';
import { seededRandom, type Random } from '../../src/refiner/seeded-random.js';

/** The form of vectors.json, which test/golden/iou-adapter/make_vectors.py writes. */
export interface IouAdapterVectors {
  readonly edge: {
    readonly ious: readonly number[];
    readonly best: number;
    readonly margin: number;
    readonly loss: number;
    readonly slopes: readonly number[];
  };
  readonly gradients: readonly GradientVector[];
  readonly trainings: readonly TrainingVector[];
}

interface DataVector {
  readonly name: string;
  readonly features: number;
  readonly examples: number;
  readonly seed: number;
}

export interface GradientVector extends DataVector {
  readonly margin: number;
  readonly expected: Weights & { readonly loss: number };
}

export interface TrainingVector extends DataVector {
  readonly options: Omit<FitOptions, 'rank' | 'seed'>;
  readonly float64: TrainedVector;
  readonly float32: TrainedVector;
}

interface Weights {
  readonly loraA: readonly number[];
  readonly loraB: readonly number[];
}

interface TrainedVector extends Weights {
  /** Mean loss of each step's batch. */
  readonly losses: readonly number[];
  readonly learningRates: readonly number[];
}

export const RANK = 4;
export const OUTPUTS = 4;
export const SELECTABLE = [1, 2, 3];
/** Stream of `seededRandom` that the examples are drawn from; the next one is B's in `gradients`. */
const DATA = 9;

export function readIouAdapterVectors(): IouAdapterVectors {
  const text = readFileSync(join('test', 'golden', 'iou-adapter', 'vectors.json'), 'utf8');
  return JSON.parse(text) as IouAdapterVectors;
}

/** The examples of `examples_of` in make_vectors.py, number for number. */
export function goldenExamples({ examples, features, seed }: DataVector): readonly IouExample[] {
  const random = seededRandom(seed, DATA);
  return Array.from({ length: examples }, (_, index) => ({
    image: `image ${index}`,
    features: floats(features, () => Math.max(0, 2 * random() - 1)),
    ious: floats(OUTPUTS, () => 0.5 + 0.5 * random()),
    trueIous: floats(OUTPUTS, random),
  }));
}

export function goldenLoraB({ seed }: DataVector): Float64Array {
  const random = seededRandom(seed, DATA + 1);
  return Float64Array.from({ length: OUTPUTS * RANK }, () => random() - 0.5);
}

function floats(length: number, random: Random): Float32Array {
  return Float32Array.from({ length }, random);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { FeatureGrid } from '../../src/refiner/engine.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';

/** The form of vectors.json.gz, which test/golden/refiner/make_vectors.py writes; packed fields are base64 strings. */
export interface GoldenVectors {
  readonly guides: readonly GuideVector[];
  readonly batches: readonly BatchVector[];
  readonly merges: readonly MergeVector[];
  readonly metrics: readonly MetricVector[];
}

type Pair = readonly [number, number];
/** x1, y1, x2, y2, all inclusive. */
type Corners = readonly [number, number, number, number];

export interface GuideVector {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly mask: string;
  readonly positive: Pair;
  readonly negative: Pair;
  readonly tightBox: Corners;
  readonly grownBox: Corners;
  readonly expanded: boolean;
  readonly prompt: PromptVector;
  /** Only of masks whose box grows. */
  readonly promptOfGrown?: PromptVector;
}

export interface PromptVector {
  /** Bits of the cells above 0. */
  readonly positive: string;
  /** `values` holds every so manieth cell. */
  readonly step: number;
  readonly values: string;
  readonly sum: number;
}

export interface BatchVector {
  readonly height: number;
  readonly width: number;
  readonly names: readonly string[];
  readonly masks: readonly string[];
  readonly expanded: readonly boolean[];
  /** Greatest absolute logit of each mask prompt. */
  readonly peaks: readonly number[];
}

export interface MergeVector {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly mask: string;
  readonly components: number;
  readonly regions: number;
  /** uint16 of each pixel. */
  readonly labels: string;
}

export interface MetricVector {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly truth: string;
  readonly predicted: string;
  readonly intersection: number;
  readonly union: number;
  /** Null where neither mask has a boundary. */
  readonly boundaryIou: number | null;
  readonly boundaryIouWide: number | null;
  readonly meanBoundaryAccuracy: number | null;
}

export function readGoldenVectors(): GoldenVectors {
  const bytes = readFileSync(join('test', 'golden', 'refiner', 'vectors.json.gz'));
  return JSON.parse(gunzipSync(bytes).toString('utf8')) as GoldenVectors;
}

/** Packed bits, the first pixel in the highest bit. */
export function unpackBits(packed: string, count: number): Uint8Array {
  const bytes = inflateSync(Buffer.from(packed, 'base64'));
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) bits[i] = (bytes.readUInt8(i >> 3) >> (7 - (i & 7))) & 1;
  return bits;
}

export function unpackMask(packed: string, { width, height }: { width: number; height: number }): Mask {
  return maskFromBitmap(unpackBits(packed, width * height), width, height);
}

export function unpackFloats(packed: string): Float32Array {
  const bytes = inflateSync(Buffer.from(packed, 'base64'));
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

export function unpackLabels(packed: string): Uint16Array {
  const bytes = inflateSync(Buffer.from(packed, 'base64'));
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
}

const CHANNELS = 16;
const GRID = 64;
const CELLS_PER_KNOT = 4;

/** The smooth random embedding of `embedding` in make_vectors.py, number for number. */
export function goldenFeatures(): FeatureGrid {
  const knots = GRID / CELLS_PER_KNOT + 1;
  let state = 585;
  const values = Float64Array.from({ length: CHANNELS * knots * knots }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
  const data = new Float32Array(CHANNELS * GRID * GRID);
  for (let index = 0; index < data.length; index++) {
    const x = index % GRID;
    const y = Math.floor(index / GRID) % GRID;
    const corner =
      (Math.floor(index / GRID ** 2) * knots + Math.floor(y / CELLS_PER_KNOT)) * knots +
      Math.floor(x / CELLS_PER_KNOT);
    const right = (x % CELLS_PER_KNOT) / CELLS_PER_KNOT;
    const below = (y % CELLS_PER_KNOT) / CELLS_PER_KNOT;
    const knot = (i: number): number => values[i] ?? NaN;
    const inColumn = (i: number): number => knot(i) * (1 - below) + knot(i + knots) * below;
    data[index] = inColumn(corner) * (1 - right) + inColumn(corner + 1) * right;
  }
  return { channels: CHANNELS, height: GRID, width: GRID, data };
}

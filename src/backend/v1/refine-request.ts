import { RefinerError } from '../../errors.js';
import type { Guidance } from '../../formats/guidance.js';
import type { OutputForm, RoughShape } from '../../formats/rough-shape.js';
import type { RefineRequest, ShapeRequest } from '../../onnx/inference.js';
import type { ChosenOptions } from '../../onnx/options-for.js';
import type { PresetName, RefineOptions } from '../../refiner/options.js';

export type OutputName = 'png' | 'rle' | 'polygon' | 'box';

/** What a person points at, in pixels; points are x, y, the box is x, y, width, height. */
export interface PromptEntry {
  readonly positive?: readonly (readonly [number, number])[];
  readonly negative?: readonly (readonly [number, number])[];
  readonly box?: readonly [number, number, number, number];
}

/**
 * One entry of `masks`: at most one of the forms, and a prompt if there is none (the schema sees to it; `bytes` is a file
 * of a multipart body).
 */
export interface MaskEntry {
  readonly id?: string;
  readonly semantic?: boolean;
  readonly bytes?: Uint8Array;
  readonly png?: string;
  readonly rle?: { readonly size: readonly [number, number]; readonly counts: string | readonly number[] };
  readonly polygon?: readonly (readonly number[])[];
  readonly box?: readonly [number, number, number, number];
  readonly prompt?: PromptEntry;
}

export interface RequestOptions {
  /** Name of a served model. */
  readonly model?: string;
  /** Name of a project whose adapter chooses among the candidates. */
  readonly adapter?: string;
  readonly preset?: PresetName;
  readonly rounds?: number;
  readonly zoom?: boolean;
  readonly usePoints?: boolean;
  readonly useBox?: boolean;
  readonly useMask?: boolean;
  readonly minWidthCells?: number;
  readonly minAgreement?: number;
  readonly minPredictedIou?: number;
  readonly minStability?: number;
  readonly polygonMinIou?: number;
  readonly polygonMaxVertices?: number;
}

/** The checked body of `POST /v1/refine`. */
export interface RefineBody {
  readonly image: string;
  readonly masks: readonly MaskEntry[];
  readonly output?: OutputName;
  readonly orientation?: 'exif' | 'stored';
  readonly interactive?: boolean;
  readonly options?: RequestOptions;
}

/** What the server uses where a request is silent. */
export interface RequestDefaults {
  /** The options of the server and its model, with what a request chooses of them. */
  readonly optionsFor: (chosen: ChosenOptions) => RefineOptions;
  readonly polygonMinIou: number;
  readonly polygonMaxVertices: number;
}

/** The body, its image already fetched, as the inference side takes it. */
export function toRefineRequest(
  body: Omit<RefineBody, 'image'>,
  image: Uint8Array,
  defaults: RequestDefaults,
): RefineRequest {
  const output = outputForm(body.output ?? 'png', body.options ?? {}, defaults);
  return {
    image,
    orientation: body.orientation ?? 'exif',
    shapes: body.masks.map((entry) => shapeRequest(entry, output)),
    options: refineOptions(body.options ?? {}, defaults),
    lane: body.interactive === true ? 'interactive' : 'batch',
  };
}

function shapeRequest(entry: MaskEntry, output: OutputForm): ShapeRequest {
  return {
    shape: roughShape(entry),
    ...(entry.prompt ? { guidance: guidance(entry.prompt) } : {}),
    semantic: entry.semantic ?? false,
    output,
    madeFor: null,
    returnKept: true,
  };
}

/** Null for an entry that is a prompt alone. */
function roughShape(entry: MaskEntry): RoughShape | null {
  if (entry.bytes) return { kind: 'image', bytes: entry.bytes };
  if (entry.png !== undefined) return { kind: 'image', bytes: base64Bytes(entry.png) };
  if (entry.rle) {
    const [height, width] = entry.rle.size;
    return { kind: 'coco-rle', counts: entry.rle.counts, width, height };
  }
  if (entry.polygon) return { kind: 'polygon', unit: 'pixel', rings: entry.polygon };
  if (entry.box) {
    const [x, y, width, height] = entry.box;
    return { kind: 'rectangle', unit: 'pixel', x, y, width, height, rotationDegrees: 0 };
  }
  if (entry.prompt) return null;
  throw new RefinerError('BODY_INVALID', { where: '/masks', expected: 'png, rle, polygon, box or prompt' });
}

function guidance({ positive = [], negative = [], box }: PromptEntry): Guidance {
  const points = (of: typeof positive, isPositive: boolean): Guidance['points'] =>
    of.map(([x, y]) => ({ x, y, positive: isPositive }));
  const [x, y, width, height] = box ?? [0, 0, 0, 0];
  return {
    unit: 'pixel',
    points: [...points(positive, true), ...points(negative, false)],
    box: box ? { x0: x, y0: y, x1: x + width, y1: y + height } : null,
  };
}

function base64Bytes(text: string): Uint8Array {
  const comma = text.startsWith('data:') ? text.indexOf(',') + 1 : 0;
  return new Uint8Array(Buffer.from(text.slice(comma), 'base64'));
}

function outputForm(name: OutputName, options: RequestOptions, defaults: RequestDefaults): OutputForm {
  switch (name) {
    case 'png':
      return { kind: 'png' };
    case 'rle':
      return { kind: 'coco-rle' };
    case 'box':
      return { kind: 'rectangle', rotationDegrees: 0 };
    case 'polygon':
      return {
        kind: 'rings',
        minIou: options.polygonMinIou ?? defaults.polygonMinIou,
        maxVertices: options.polygonMaxVertices ?? defaults.polygonMaxVertices,
      };
  }
}

function refineOptions(options: RequestOptions, defaults: RequestDefaults): RefineOptions {
  const base = defaults.optionsFor(options);
  return {
    ...base,
    prompts: {
      ...base.prompts,
      usePoints: options.usePoints ?? base.prompts.usePoints,
      useBox: options.useBox ?? base.prompts.useBox,
      useMask: options.useMask ?? base.prompts.useMask,
    },
  };
}

import type { PresetName } from '../refiner/options.js';
import type { ModelCard } from './model-card.js';
import type { DecoderContract, EmbeddingTensor, PlanesInput } from './model-contract.js';

/** How an image is brought to the size of the input frame. */
export type ResizeRule = 'longest-side-bilinear-antialiased';

export interface PackInput extends PlanesInput {
  readonly padValue: number;
  readonly resize: ResizeRule;
}

export interface PackEncoder {
  readonly file: string;
  /** All of them are inputs of the decoder, under the same names. */
  readonly outputs: readonly EmbeddingTensor[];
  /** Which output, `[1, channels, height, width]`, is the grid that the elastic box compares pixels by. */
  readonly features: string;
}

export interface PackDecoder extends DecoderContract {
  readonly file: string;
}

/** What serves this model best where nobody chose otherwise, as measured. */
export interface PackDefaults {
  readonly preset: PresetName;
  readonly rounds: number;
  /** Whether small objects are looked at in parts of the image, each encoded on its own; absent: no. */
  readonly zoom?: boolean;
  /** Below this IoU with the rough mask the refined one is not trusted. */
  readonly minAgreement: number;
  /** Below this predicted IoU, which every model's IoU head scales in its own way, the refined mask is not trusted. */
  readonly minPredictedIou: number;
  /** Rough masks thinner than this many cells of the model's mask are not refined; absent: all are. */
  readonly minWidthCells?: number;
  /** Below this stability the refined mask is not trusted; absent: it is not asked for. */
  readonly minStability?: number;
  /**
   * Whether parts of the refined mask that touch nothing of the rough one are left out, for models that take in
   * neighbours of the same look; absent: no.
   */
  readonly dropStrayParts?: boolean;
}

export interface PackFile {
  /** Relative to the pack's folder, with `/`; a checkpoint's or an exported encoder's may be absolute and outside. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

interface PackIdentity {
  readonly name: string;
  readonly version: string;
  /** Such as `lite`, `sam-vit-b`, `mobile-sam`. */
  readonly family: string;
  readonly licence: string;
  readonly source: string;
  readonly howMade: string;
}

/** A pack of two ONNX files, which it describes. */
export interface GraphPackManifest extends PackIdentity {
  readonly formatVersion: 1;
  readonly input: PackInput;
  readonly encoder: PackEncoder;
  readonly decoder: PackDecoder;
  readonly defaults: PackDefaults;
  readonly files: readonly PackFile[];
  /** Absent where its makers say no more than `source` and `howMade`. */
  readonly card?: ModelCard;
}

/** A pack of one PyTorch checkpoint, from which the graphs are written whenever the model is opened. */
export interface CheckpointPackManifest extends PackIdentity {
  readonly formatVersion: 2;
  readonly defaults: PackDefaults;
  readonly checkpoint: PackFile;
}

/**
 * How an exported encoder takes the image: as float32 `[1, 3, size, size]`, padded, normalised as SAM does or left as
 * 0–255; or as float32 `[height, width, 3]` of 0–255, resized alone.
 */
export type EncoderForm = 'normalised-planes' | 'raw-planes' | 'raw-pixels';

export interface ExportEncoder {
  readonly file: PackFile;
  readonly input: { readonly tensor: string; readonly form: EncoderForm; readonly size: number };
  /** `[1, channels, height, width]` */
  readonly output: EmbeddingTensor;
}

/** SAM's own export, made a decoder that refines (see `refiningDecoder`), with the names of that export. */
export interface ExportDecoder {
  readonly file: PackFile;
  readonly pointLabelsType: 'int64' | 'float32';
  readonly iouFeatures: string;
  readonly iouFeatureCount: number;
  readonly candidateCount: number;
  readonly maskSize: number;
}

/** A pack of a public ONNX export of SAM. */
export interface ExportPackManifest extends PackIdentity {
  readonly formatVersion: 3;
  readonly encoder: ExportEncoder;
  readonly decoder: ExportDecoder;
  readonly defaults: PackDefaults;
}

/** `pack.json`: all that the program knows of a model. */
export type PackManifest = GraphPackManifest | CheckpointPackManifest | ExportPackManifest;

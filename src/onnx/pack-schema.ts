import { modelCardSchema } from './model-card-schema.js';
import type {
  CheckpointPackManifest,
  ExportDecoder,
  ExportEncoder,
  ExportPackManifest,
  GraphPackManifest,
  PackDecoder,
  PackDefaults,
  PackEncoder,
  PackFile,
  PackInput,
} from './pack-manifest.js';
import { FRACTION, PROSE, record, type SchemaOf } from './schema-of.js';

const TENSOR_NAME = { type: 'string', minLength: 1, maxLength: 200 } as const;
const PLAIN_NAME = { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' } as const;
const CHANNELS = { type: 'array', minItems: 3, maxItems: 3 } as const;
const SHA256 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
/** Segments that start with a letter or digit: no absolute path, no `..`, no hidden file. */
const FILE_PATH = {
  type: 'string',
  maxLength: 200,
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$',
} as const;

function count(maximum: number): { readonly type: 'integer'; readonly minimum: 1; readonly maximum: number } {
  return { type: 'integer', minimum: 1, maximum };
}

const IDENTITY = {
  name: PLAIN_NAME,
  version: { type: 'string', pattern: '^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$' },
  family: PLAIN_NAME,
  licence: PROSE,
  source: PROSE,
  howMade: PROSE,
} as const;

/** The form of the `pack.json` of ONNX files. All fields must be there but `zoom` and `card`; there are no others. */
export function graphPackSchema(): SchemaOf<GraphPackManifest> {
  return record<GraphPackManifest>(
    {
      formatVersion: { type: 'integer', minimum: 1, maximum: 1 },
      ...IDENTITY,
      input: inputSchema(),
      encoder: encoderSchema(),
      decoder: decoderSchema(),
      defaults: defaultsSchema(),
      files: { type: 'array', items: fileSchema(), minItems: 1, maxItems: 64 },
      card: modelCardSchema(),
    },
    ['card'],
  );
}

/** The form of the `pack.json` of a checkpoint, likewise. Whether an absolute path is one is the system's matter. */
export function checkpointPackSchema(): SchemaOf<CheckpointPackManifest> {
  return record<CheckpointPackManifest>({
    formatVersion: { type: 'integer', minimum: 2, maximum: 2 },
    ...IDENTITY,
    defaults: defaultsSchema(),
    checkpoint: anyFileSchema(),
  });
}

/** The form of the `pack.json` of a public export, likewise. */
export function exportPackSchema(): SchemaOf<ExportPackManifest> {
  return record<ExportPackManifest>({
    formatVersion: { type: 'integer', minimum: 3, maximum: 3 },
    ...IDENTITY,
    encoder: record<ExportEncoder>({
      file: anyFileSchema(),
      input: record<ExportEncoder['input']>({
        tensor: TENSOR_NAME,
        form: { type: 'string', enum: ['normalised-planes', 'raw-planes', 'raw-pixels'] },
        size: count(8192),
      }),
      output: record<ExportEncoder['output']>({
        tensor: TENSOR_NAME,
        shape: { type: 'array', items: count(1e6), minItems: 4, maxItems: 4 },
      }),
    }),
    decoder: record<ExportDecoder>({
      file: fileSchema(),
      pointLabelsType: { type: 'string', enum: ['int64', 'float32'] },
      iouFeatures: TENSOR_NAME,
      iouFeatureCount: count(65_536),
      candidateCount: { type: 'integer', minimum: 2, maximum: 64 },
      maskSize: count(4096),
    }),
    defaults: defaultsSchema(),
  });
}

/** Whether a path may stand in a pack for a file of its own. */
export function isPathInPack(path: string): boolean {
  return path.length <= FILE_PATH.maxLength && new RegExp(FILE_PATH.pattern).test(path);
}

/** Whether a word may be the name of a pack. */
export function isPackName(name: string): boolean {
  return new RegExp(PLAIN_NAME.pattern).test(name);
}

function defaultsSchema(): SchemaOf<PackDefaults> {
  return record<PackDefaults>(
    {
      preset: { type: 'string', enum: ['official', 'paper'] },
      rounds: count(100),
      zoom: { type: 'boolean' },
      minAgreement: FRACTION,
      minPredictedIou: FRACTION,
      minWidthCells: { type: 'number', minimum: 0, maximum: 64 },
      minStability: FRACTION,
      dropStrayParts: { type: 'boolean' },
    },
    ['zoom', 'minWidthCells', 'minStability', 'dropStrayParts'],
  );
}

function inputSchema(): SchemaOf<PackInput> {
  return record<PackInput>({
    tensor: TENSOR_NAME,
    size: count(8192),
    layout: { type: 'string', enum: ['nchw-float32'] },
    resize: { type: 'string', enum: ['longest-side-bilinear-antialiased'] },
    padValue: { type: 'number', minimum: 0, maximum: 255 },
    normalisation: {
      ...record<NonNullable<PackInput['normalisation']>>({
        mean: { ...CHANNELS, items: { type: 'number' } },
        std: { ...CHANNELS, items: { type: 'number', exclusiveMinimum: 0 } },
      }),
      nullable: true,
    },
  });
}

function encoderSchema(): SchemaOf<PackEncoder> {
  return record<PackEncoder>({
    file: FILE_PATH,
    outputs: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      items: record<PackEncoder['outputs'][number]>({
        tensor: TENSOR_NAME,
        shape: { type: 'array', items: count(1e6), minItems: 1, maxItems: 8 },
      }),
    },
    features: TENSOR_NAME,
  });
}

function decoderSchema(): SchemaOf<PackDecoder> {
  return record<PackDecoder>({
    file: FILE_PATH,
    accepts: {
      type: 'array',
      items: { type: 'string', enum: ['points', 'boxes', 'mask'] },
      minItems: 1,
      uniqueItems: true,
    },
    pointCoords: TENSOR_NAME,
    pointLabels: TENSOR_NAME,
    pointLabelsType: { type: 'string', enum: ['int64', 'float32'] },
    maskInput: TENSOR_NAME,
    hasMaskInput: TENSOR_NAME,
    pointSlots: { ...count(1000), nullable: true },
    maskAmplitude: { type: 'number', exclusiveMinimum: 0, maximum: 1e4, nullable: true },
    promptsPerRun: count(256),
    masks: TENSOR_NAME,
    ious: TENSOR_NAME,
    iouFeatures: TENSOR_NAME,
    candidateCount: count(64),
    selectable: {
      type: 'array',
      items: { type: 'integer', minimum: 0, maximum: 63 },
      minItems: 1,
      uniqueItems: true,
    },
    maskSize: count(4096),
    iouFeatureCount: count(65_536),
  });
}

/** A file that may lie outside of the pack. */
function anyFileSchema(): SchemaOf<PackFile> {
  return record<PackFile>({
    path: { type: 'string', minLength: 1, maxLength: 4096 },
    bytes: count(Number.MAX_SAFE_INTEGER),
    sha256: SHA256,
  });
}

function fileSchema(): SchemaOf<PackFile> {
  return record<PackFile>({
    path: FILE_PATH,
    bytes: count(Number.MAX_SAFE_INTEGER),
    sha256: SHA256,
  });
}

import { record, type SchemaOf } from '../onnx/schema-of.js';
import type { ChoiceFigures, JudgeFigures } from '../refiner/judge.js';
import { PROMPT_KINDS } from './prompt-kind.js';
import type { AdapterData, AdapterRecord } from './adapter-record.js';

/** The form of an adapter's file. */
export interface AdapterDocument extends Omit<AdapterRecord, 'adapter'> {
  readonly formatVersion: 1;
  readonly rank: number;
  readonly features: number;
  readonly outputs: number;
  /** `[rank, features]`, row-major. */
  readonly loraA: readonly number[];
  /** `[outputs, rank]`, row-major. */
  readonly loraB: readonly number[];
  /** Of the document without this field, as it is written; lower-case hexadecimal. */
  readonly sha256: string;
}

const SHA256 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const COUNT = { type: 'integer', minimum: 0, maximum: 1_000_000_000 } as const;
const NUMBER = { type: 'number' } as const;
const NUMBERS = { type: 'array', items: NUMBER, minItems: 1, maxItems: 100_000 } as const;

function size(maximum: number): { readonly type: 'integer'; readonly minimum: 1; readonly maximum: number } {
  return { type: 'integer', minimum: 1, maximum };
}

/** Every field must be there; there are no others. */
export function adapterSchema(): SchemaOf<AdapterDocument> {
  return record<AdapterDocument>({
    formatVersion: size(1),
    model: record<AdapterRecord['model']>({
      version: { type: 'string', minLength: 1, maxLength: 200 },
      fingerprint: SHA256,
    }),
    data: record<AdapterData>({
      prompt: { type: 'string', enum: PROMPT_KINDS },
      images: COUNT,
      examples: COUNT,
      corrected: COUNT,
    }),
    figures: figuresSchema(),
    parent: { ...size(Number.MAX_SAFE_INTEGER), nullable: true },
    rank: size(64),
    features: size(4096),
    outputs: size(64),
    loraA: NUMBERS,
    loraB: NUMBERS,
    sha256: SHA256,
  });
}

function figuresSchema(): SchemaOf<JudgeFigures> {
  const choice = record<ChoiceFigures>({ top1Accuracy: NUMBER, meanIou: NUMBER });
  return record<JudgeFigures>({
    examples: COUNT,
    images: COUNT,
    changed: COUNT,
    before: choice,
    after: choice,
    bestMeanIou: NUMBER,
    gainInterval: record<JudgeFigures['gainInterval']>({ low: NUMBER, high: NUMBER }),
  });
}

import { createHash } from 'node:crypto';
import { Ajv } from 'ajv';
import { RefinerError } from '../errors.js';
import { adapterFits, type IouAdapter } from '../refiner/iou-adapter.js';
import type { AdapterRecord } from './adapter-record.js';
import { type AdapterDocument, adapterSchema } from './adapter-schema.js';

/** Some 60,000 numbers; those of SAM's size take 25 KB. */
export const MAX_ADAPTER_BYTES = 2_000_000;

/** The bytes of an adapter's file; the same record gives the same bytes. */
export function writeAdapter({ model, data, figures, parent, adapter }: AdapterRecord): Uint8Array {
  const { rank, features, outputs } = adapter;
  const content: Omit<AdapterDocument, 'sha256'> = {
    formatVersion: 1,
    model,
    data,
    figures,
    parent,
    rank,
    features,
    outputs,
    loraA: [...adapter.loraA],
    loraB: [...adapter.loraB],
  };
  return Buffer.from(`${JSON.stringify({ ...content, sha256: hashOf(content) })}\n`);
}

/**
 * Reads what `writeAdapter` wrote; `where` names the file in errors. A file in which any bit has changed is refused,
 * wherever it lies: the hash covers what the JSON says, and the JSON must be written as `writeAdapter` writes it. The
 * hash is no signature: whoever writes a file anew can make it fit, so everything is checked that could do harm.
 * Throws ADAPTER_DAMAGED.
 */
export function readAdapter(bytes: Uint8Array, where: string): AdapterRecord {
  if (bytes.length > MAX_ADAPTER_BYTES) {
    throw damaged(where, `at most ${MAX_ADAPTER_BYTES} bytes`, `${bytes.length} bytes`);
  }
  const document = parse(bytes, where);
  const { sha256, ...content } = document;
  const found = hashOf(content);
  if (found !== sha256) throw damaged(where, `SHA-256 ${sha256}`, found);
  if (!Buffer.from(`${JSON.stringify(document)}\n`).equals(bytes)) {
    throw damaged(where, 'the numbers and spaces as they were written', 'others of the same meaning');
  }
  const { model, data, figures, parent, rank, features, outputs, loraA, loraB } = content;
  const adapter: IouAdapter = {
    rank,
    features,
    outputs,
    loraA: Float64Array.from(loraA),
    loraB: Float64Array.from(loraB),
  };
  if (!adapterFits(adapter, { features, outputs })) {
    throw damaged(
      where,
      `${rank * features} and ${outputs * rank} finite numbers`,
      `${loraA.length} and ${loraB.length}`,
    );
  }
  return { model, data, figures, parent, adapter };
}

/** The adapter for use with a model. Throws ADAPTER_MISMATCH when it was learned with another. */
export function adapterFor(
  { model, adapter }: AdapterRecord,
  target: {
    readonly version: string;
    readonly pack: { readonly fingerprint: string };
    readonly iouHead: { readonly features: number; readonly outputs: number };
  },
): IouAdapter {
  if (model.fingerprint === target.pack.fingerprint && adapterFits(adapter, target.iouHead)) return adapter;
  const { features, outputs } = target.iouHead;
  throw new RefinerError('ADAPTER_MISMATCH', {
    expected: `${target.version} with ${features} features and ${outputs} outputs`,
    received: `${model.version} with ${adapter.features} and ${adapter.outputs}`,
  });
}

function parse(bytes: Uint8Array, where: string): AdapterDocument {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw damaged(where, 'JSON', 'something else');
  }
  const validate = new Ajv({ allErrors: false, strict: true }).compile<AdapterDocument>(adapterSchema());
  if (validate(value)) return value;
  const error = validate.errors?.[0];
  const expected = `${error?.instancePath ?? ''} ${error?.message ?? 'to be valid'}`.trim();
  throw damaged(where, expected, JSON.stringify(error?.params ?? {}));
}

function hashOf(content: Omit<AdapterDocument, 'sha256'>): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function damaged(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('ADAPTER_DAMAGED', { where, expected, received: received.slice(0, 300) });
}

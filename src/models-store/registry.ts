import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { RefinerError } from '../errors.js';
import { ownModelsFolder } from '../onnx/find-pack.js';
import { record, type SchemaOf } from '../onnx/schema-of.js';

/** A checkpoint that its authors publish. What is not publicly documented is null, never guessed. */
export interface PublishedCheckpoint {
  /** The family that the file must turn out to be, and the name under which it is installed. */
  readonly name: string;
  readonly file: string;
  readonly url: string;
  readonly bytes: number | null;
  /** Lower-case hexadecimal. */
  readonly sha256: string | null;
  /** Lower-case hexadecimal; the six digits in the names of SAM's files are the first of it. */
  readonly md5: string | null;
  readonly licence: string;
  readonly source: string;
}

const WORDS = { type: 'string', minLength: 1, maxLength: 1000 } as const;

function registrySchema(): SchemaOf<{ readonly checkpoints: readonly PublishedCheckpoint[] }> {
  return record<{ readonly checkpoints: readonly PublishedCheckpoint[] }>({
    checkpoints: {
      type: 'array',
      items: record<PublishedCheckpoint>({
        name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$' },
        file: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
        url: { type: 'string', pattern: '^https?://' },
        bytes: { type: 'integer', minimum: 1, nullable: true },
        sha256: { type: 'string', pattern: '^[0-9a-f]{64}$', nullable: true },
        md5: { type: 'string', pattern: '^[0-9a-f]{32}$', nullable: true },
        licence: WORDS,
        source: WORDS,
      }),
    },
  });
}

/** The published checkpoints of `models/registry.json`, in its order. Throws PACK_INVALID for a file of another form. */
export async function readRegistry(): Promise<readonly PublishedCheckpoint[]> {
  const path = join(await ownModelsFolder(), 'registry.json');
  const value = JSON.parse(await readFile(path, 'utf8')) as unknown;
  const validate = new Ajv({ strict: true }).compile<{ checkpoints: PublishedCheckpoint[] }>(
    registrySchema(),
  );
  if (validate(value)) return value.checkpoints;
  const error = validate.errors?.[0];
  throw new RefinerError('PACK_INVALID', {
    where: 'models/registry.json',
    expected: `${error?.instancePath ?? ''} ${error?.message ?? 'to be valid'}`.trim(),
  });
}

import { isAbsolute } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { RefinerError } from '../errors.js';
import type {
  CheckpointPackManifest,
  ExportPackManifest,
  GraphPackManifest,
  PackManifest,
} from './pack-manifest.js';
import { checkpointPackSchema, exportPackSchema, graphPackSchema, isPathInPack } from './pack-schema.js';

/**
 * Checks the text of a `pack.json`: its form, and that the names in it refer to each other. Throws PACK_INVALID with
 * the field that is wrong.
 */
export function parseManifest(text: string, where: string): PackManifest {
  const value = parseJson(text, where);
  const formatVersion = formatVersionOf(value);
  if (formatVersion === 2) return checkpointPack(value, where);
  return formatVersion === 3 ? exportPack(value, where) : graphPack(value, where);
}

function formatVersionOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'formatVersion' in value ? value.formatVersion : null;
}

function checkpointPack(value: unknown, where: string): CheckpointPackManifest {
  const manifest = requireForm(value, ajv().compile<CheckpointPackManifest>(checkpointPackSchema()), where);
  requirePlace(manifest.checkpoint.path, 'checkpoint.path', where);
  return manifest;
}

function exportPack(value: unknown, where: string): ExportPackManifest {
  const manifest = requireForm(value, ajv().compile<ExportPackManifest>(exportPackSchema()), where);
  requirePlace(manifest.encoder.file.path, 'encoder.file.path', where);
  return manifest;
}

function requirePlace(path: string, field: string, where: string): void {
  if (isAbsolute(path) || isPathInPack(path)) return;
  throw invalid(where, `${field} in the folder of the pack, or absolute`, path);
}

function graphPack(value: unknown, where: string): GraphPackManifest {
  const manifest = requireForm(value, ajv().compile<GraphPackManifest>(graphPackSchema()), where);
  const { encoder, decoder, files } = manifest;

  const listed = new Set(files.map(({ path }) => path));
  for (const file of [encoder.file, decoder.file]) {
    if (!listed.has(file)) throw invalid(where, `files to list ${file}`, [...listed].join(', '));
  }
  if (listed.size < files.length) throw invalid(where, 'each file to be listed once', 'a path twice');

  const tensors = encoder.outputs.map(({ tensor }) => tensor);
  if (new Set(tensors).size < tensors.length) {
    throw invalid(where, 'embedding tensors of different names', tensors.join(', '));
  }
  const features = encoder.outputs.find(({ tensor }) => tensor === encoder.features);
  if (features?.shape.length !== 4 || features.shape[0] !== 1) {
    throw invalid(
      where,
      `encoder.features to name an output of shape [1, channels, height, width]`,
      features ? `shape [${features.shape.join(', ')}]` : encoder.features,
    );
  }
  if (decoder.selectable.some((index) => index >= decoder.candidateCount)) {
    throw invalid(
      where,
      `decoder.selectable below ${decoder.candidateCount}`,
      `[${decoder.selectable.join(', ')}]`,
    );
  }
  return manifest;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable text';
    throw new RefinerError('PACK_INVALID', { where, expected: 'JSON', received: reason }, { cause });
  }
}

function ajv(): Ajv {
  return new Ajv({ allErrors: false, strict: true });
}

function requireForm<T>(value: unknown, validate: ValidateFunction<T>, where: string): T {
  if (validate(value)) return value;
  const error = validate.errors?.[0];
  const parameters = JSON.stringify(error?.params ?? {});
  throw invalid(where, `${error?.instancePath ?? ''} ${error?.message ?? 'to be valid'}`.trim(), parameters);
}

function invalid(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('PACK_INVALID', { where, expected, received: received.slice(0, 300) });
}

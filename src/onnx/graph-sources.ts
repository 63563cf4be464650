import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RefinerError } from '../errors.js';
import { Checkpoint } from './checkpoint/checkpoint.js';
import { checkpointContract } from './checkpoint-contract.js';
import { type Precision, requireExact } from './execution.js';
import type { GraphSource } from './graph.js';
import { exportPackContract } from './export-pack-contract.js';
import { authorModel } from './graph/author-model.js';
import { graphPackContract } from './graph-pack-contract.js';
import type { ModelContract } from './model-contract.js';
import type { CheckpointPackManifest, ExportPackManifest, GraphPackManifest } from './pack-manifest.js';
import type { Pack } from './pack.js';

/** The graphs of a model, ready to be opened, and what they take and give. */
export interface GraphSources {
  readonly contract: ModelContract;
  readonly encoder: GraphSource;
  readonly decoder: GraphSource;
}

/**
 * The graphs of a pack, whatever it is made of: the one place that knows the kinds of packs. Throws the CHECKPOINT_*
 * codes for a checkpoint that no graph can be written from, PACK_MISMATCH where it is not of the pack's family,
 * PRECISION_UNSUPPORTED for `int8` unless its encoder is a ViT that is written from a checkpoint.
 */
export async function graphSourcesOf(
  { directory, manifest }: Pack,
  precision: Precision = 'fp32',
): Promise<GraphSources> {
  if (manifest.formatVersion === 2) return authoredGraphs(directory, manifest, precision);
  requireExact(precision, manifest.name);
  return manifest.formatVersion === 1 ? graphFiles(directory, manifest) : exportedGraphs(directory, manifest);
}

function graphFiles(directory: string, manifest: GraphPackManifest): GraphSources {
  return {
    contract: graphPackContract(manifest),
    encoder: graphFile(directory, manifest.encoder.file),
    decoder: graphFile(directory, manifest.decoder.file),
  };
}

function exportedGraphs(directory: string, manifest: ExportPackManifest): GraphSources {
  return {
    contract: exportPackContract(manifest),
    encoder: graphFile(directory, manifest.encoder.file.path),
    decoder: graphFile(directory, manifest.decoder.file.path),
  };
}

function graphFile(directory: string, path: string): GraphSource {
  return { name: path, graph: resolve(directory, path), weightsFolder: null };
}

async function authoredGraphs(
  directory: string,
  manifest: CheckpointPackManifest,
  precision: Precision,
): Promise<GraphSources> {
  // onnxruntime refuses weights that a link leads out of the folder it is told, so links are followed here.
  const path = await realpath(resolve(directory, manifest.checkpoint.path));
  const checkpoint = await Checkpoint.open(path);
  try {
    const { family, encoder, decoder } = await authorModel(checkpoint, { precision });
    if (family.name !== manifest.family) {
      throw new RefinerError('PACK_MISMATCH', {
        where: manifest.checkpoint.path,
        expected: `a checkpoint of ${manifest.family}`,
        received: family.name,
      });
    }
    const source = (part: string, graph: Uint8Array): GraphSource => ({
      name: `the ${part} written from ${manifest.checkpoint.path}`,
      graph,
      weightsFolder: dirname(path),
    });
    return {
      contract: await checkpointContract(checkpoint, family),
      encoder: source('encoder', encoder),
      decoder: source('decoder', decoder),
    };
  } finally {
    await checkpoint.close();
  }
}

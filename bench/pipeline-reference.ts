import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectCheckpoint } from '../src/models-store/inspect-checkpoint.js';
import { installCheckpoint } from '../src/models-store/install-checkpoint.js';
import type { RefineOptions } from '../src/refiner/options.js';
import { PRESETS } from '../src/refiner/presets.js';

/** One way in which the official program was called. */
export interface Variant {
  readonly name: string;
  readonly rounds: number;
  /** Threshold for the box to grow; 0 keeps it tight. */
  readonly margin: number;
  /** All masks of a photograph in one call. */
  readonly batch: boolean;
}

export interface ReferenceMask {
  readonly rough: string;
  readonly official: Readonly<Record<string, { readonly file: string; readonly ious: readonly number[] }>>;
}

export interface ReferencePhotograph {
  readonly name: string;
  readonly photograph: string;
  /** As OpenCV decoded it. */
  readonly pixels: string;
  readonly width: number;
  readonly height: number;
  readonly masks: readonly ReferenceMask[];
}

/** What `test/golden/pipeline/make_reference.py` wrote. */
export interface PipelineReference {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly checkpoint: string;
  readonly variants: readonly Variant[];
  readonly photographs: readonly ReferencePhotograph[];
}

export async function readReference(directory: string): Promise<PipelineReference> {
  return JSON.parse(await readFile(join(directory, 'reference.json'), 'utf8')) as PipelineReference;
}

/** Installs the checkpoint as a pack in a temporary folder, works with it, and removes the folder. */
export async function withInstalledPack(
  checkpoint: string,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pipeline-pack-'));
  try {
    const { family } = await inspectCheckpoint(checkpoint);
    await installCheckpoint(
      folder,
      { path: checkpoint },
      { name: 'random-vit-b', family, licence: 'none: random numbers', source: 'make_reference.py' },
    );
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The published code's settings, with every refined mask taken. */
export function optionsOf({ rounds, margin }: Pick<Variant, 'rounds' | 'margin'>): RefineOptions {
  const { prompts, ...official } = PRESETS.official;
  return {
    ...official,
    prompts: { ...prompts, expandThreshold: margin > 0 ? margin : null },
    accept: {
      minAreaPx: 0,
      minWidthCells: 0,
      minAgreement: 0,
      minPredictedIou: 0,
      minStability: 0,
      dropStrayParts: false,
    },
    rounds,
  };
}

import { RefinerError } from '../../errors.js';
import type { Inference, RefineRequest, ShapeOutcome } from '../../onnx/inference.js';
import type { RefineOptions } from '../../refiner/options.js';
import { compileSchema } from '../validate.js';
import { folderBelow, readFileOf, writeFileOf } from './data-folder.js';
import { type ImageWithMasks, pairFolders } from './folder-pairs.js';
import type { JobRunner } from './job-runner.js';
import { IMAGE_REPORT_SCHEMA, REFINE_FOLDER_INPUT_SCHEMA } from './refine-folder-schema.js';

export interface RefineFolderSettings {
  /** Folder below which everything lies; null refuses the kind. */
  readonly dataDir: string | null;
  readonly inference: Inference;
  readonly options: RefineOptions;
  readonly maxImageBytes: number;
}

/** Paths relative to the data folder. */
export interface RefineFolderInput {
  readonly images: string;
  readonly masks: string;
  readonly out: string;
}

export interface MaskReport {
  readonly mask: string;
  readonly out: string | null;
  readonly status: ShapeOutcome['status'];
  readonly reason?: string;
  readonly agreementIou?: number;
  readonly predictedIou?: number;
}

export interface ImageReport {
  readonly image: string;
  readonly masks: readonly MaskReport[];
}

/** For one image with all its masks; far more than that takes, so that only a lost worker meets it. */
const IMAGE_DEADLINE_MS = 3_600_000;

/**
 * Jobs of kind `refine-folder`: image by image through the batch lane, each image once. An image that cannot be read
 * is reported and the rest go on. Refined masks and those that were kept are written as PNG under the mask's name.
 */
export function refineFolderRunner(
  settings: RefineFolderSettings,
): JobRunner<RefineFolderInput, ImageReport> {
  const checkInput = compileSchema<RefineFolderInput>(REFINE_FOLDER_INPUT_SCHEMA);
  return {
    kind: 'refine-folder',
    inputSchema: REFINE_FOLDER_INPUT_SCHEMA,
    readState: compileSchema<ImageReport>(IMAGE_REPORT_SCHEMA),
    check: async (value) => {
      const { images, masks, out } = checkInput(value);
      await foldersOf({ images, masks, out }, settings.dataDir);
      return { images, masks, out };
    },
    run: async (input, { signal, saved, save }) => {
      const folders = await foldersOf(input, settings.dataDir);
      const pairs = await pairFolders(folders.images, folders.masks);
      const reports = pairs.map(({ image }) => saved.get(image));
      let done = reports.filter((report) => report !== undefined).length;
      for (const [index, pair] of pairs.entries()) {
        if (reports[index]) continue;
        signal.throwIfAborted();
        const report = await refineImage(pair, folders, settings, signal);
        reports[index] = report;
        done++;
        await save({ done, total: pairs.length, message: pair.image }, [pair.image, report]);
      }
      return summary(
        reports.filter((report) => report !== undefined),
        settings.inference.modelVersion,
      );
    },
  };
}

async function foldersOf(input: RefineFolderInput, dataDir: string | null): Promise<RefineFolderInput> {
  if (dataDir === null) {
    throw new RefinerError('JOB_KIND_REFUSED', { expected: 'SAMREFINER_DATA_DIR to be set on the server' });
  }
  const [images, masks] = await Promise.all([
    folderBelow(dataDir, input.images),
    folderBelow(dataDir, input.masks),
  ]);
  const out = await folderBelow(dataDir, input.out, true);
  if (out === images || out === masks) {
    throw new RefinerError('JOB_FOLDER_INVALID', {
      where: 'out',
      expected: 'a folder of its own, so that nothing is overwritten',
    });
  }
  return { images, masks, out };
}

async function refineImage(
  { image, masks }: ImageWithMasks,
  folders: RefineFolderInput,
  { inference, options, maxImageBytes }: RefineFolderSettings,
  signal: AbortSignal,
): Promise<ImageReport> {
  try {
    const shapes: RefineRequest['shapes'][number][] = [];
    for (const { name } of masks) {
      const bytes = await readFileOf(folders.masks, name, maxImageBytes, signal);
      shapes.push({
        shape: { kind: 'image', bytes },
        semantic: false,
        output: { kind: 'png' },
        madeFor: null,
        returnKept: true,
      });
    }
    const bytes = await readFileOf(folders.images, image, maxImageBytes, signal);
    const request: RefineRequest = { image: bytes, orientation: 'exif', shapes, options, lane: 'batch' };
    const { outcomes } = await inference.refine(request, { deadlineMs: IMAGE_DEADLINE_MS, signal });
    const reports: MaskReport[] = [];
    for (const [index, { name, out }] of masks.entries()) {
      reports.push(await writeOutcome(folders.out, name, out, outcomes[index]));
    }
    return { image, masks: reports };
  } catch (error) {
    signal.throwIfAborted();
    // The server's own trouble concerns the whole job, an image's only that image.
    if (!(error instanceof RefinerError) || error.status >= 500) throw error;
    const failed = { out: null, status: 'failed', reason: error.code } as const;
    return { image, masks: masks.map(({ name }) => ({ mask: name, ...failed })) };
  }
}

async function writeOutcome(
  folder: string,
  mask: string,
  name: string,
  outcome: ShapeOutcome | undefined,
): Promise<MaskReport> {
  if (!outcome) throw new RefinerError('INTERNAL', { where: mask, expected: 'an outcome for every mask' });
  if (outcome.status === 'failed') return { mask, out: null, status: 'failed', reason: outcome.reason };
  const { shape, figures, status } = outcome;
  if (shape?.kind === 'png') await writeFileOf(folder, name, shape.bytes);
  return {
    mask,
    out: shape ? name : null,
    status,
    ...(outcome.status === 'kept' ? { reason: outcome.reason } : {}),
    ...(figures ? { agreementIou: figures.agreementIou, predictedIou: figures.predictedIou } : {}),
  };
}

function summary(images: readonly ImageReport[], model: string): object {
  const counts = { refined: 0, kept: 0, failed: 0 };
  for (const { masks } of images) for (const { status } of masks) counts[status]++;
  return { model, counts, images };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type FitRunnerSettings, fitRunner } from '../../../src/backend/fit/fit-runner.js';
import type { FitInput } from '../../../src/backend/fit/fit-input.js';
import type { FitReport } from '../../../src/backend/fit/fit-report.js';
import { type FitImage, registerSource, type RegisteredSource } from '../../../src/backend/fit/fit-source.js';
import type { SavedImage } from '../../../src/backend/fit/saved-image.js';
import type { JobProgress } from '../../../src/backend/jobs/job.js';
import { RefinerError } from '../../../src/errors.js';
import type { Inference } from '../../../src/onnx/inference.js';
import { PRESETS } from '../../../src/refiner/presets.js';
import { temporaryFolder } from '../jobs/open-queue.js';
import { servingOnly } from '../serving-only.js';
import { teachingInference } from './teaching-inference.js';

export interface FitTest {
  readonly settings: FitRunnerSettings;
  readonly saved: Map<string, SavedImage>;
  readonly progress: JobProgress[];
  /** Runs one fit of the project as the queue does, with what earlier runs saved unless that is cleared. */
  readonly run: (input: unknown, more?: { project?: string; signal?: AbortSignal }) => Promise<FitReport>;
}

/** A runner over a folder of adapters of its own. */
export async function openFit(
  context: TestContext,
  inference: Inference = teachingInference(),
  changes: Partial<FitRunnerSettings> = {},
): Promise<FitTest> {
  const folder = await temporaryFolder(context);
  const models = servingOnly(inference);
  const settings: FitRunnerSettings = {
    sources: [listedSource(imagesOf(80))],
    models,
    choose: (named) => ({
      model: named === undefined ? models.default : models.get(named),
      options: PRESETS.official,
    }),
    adaptersDir: join(folder, 'adapters'),
    policy: { minNewMasks: 50, minPauseMs: 600_000, quietMs: 1000 },
    imagesAtOnce: 2,
    nowMs: () => 1_000_000,
    ...changes,
  };
  const runner = fitRunner(settings);
  const saved = new Map<string, SavedImage>();
  const progress: JobProgress[] = [];
  return {
    settings,
    saved,
    progress,
    run: async (input, { project = 'bees', signal = new AbortController().signal } = {}) => {
      const checked = await runner.check(input, project);
      const report = await runner.run(checked, {
        project,
        signal,
        saved,
        save: (now, piece) => {
          progress.push(now);
          if (piece) saved.set(piece[0], piece[1]);
          return Promise.resolve();
        },
      });
      return report as FitReport;
    },
  };
}

/** A source of images that the test has put together. */
export function listedSource(images: readonly FitImage[], perBatch = 7): RegisteredSource {
  return registerSource<FitInput>({
    schema: { source: 'list', description: 'A list.', required: [], properties: {} },
    use: (_input, work) =>
      work(async function* () {
        for (let start = 0; start < images.length; start += perBatch) {
          await Promise.resolve();
          yield { images: images.slice(start, start + perBatch), total: images.length };
        }
      }),
  });
}

/** So many images, each with that many masks; an image's bytes are its number. */
export function imagesOf(count: number, masks = 2): readonly FitImage[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `image-${index}.jpg`,
    side: `image-${index}.jpg`,
    masks,
    load: () =>
      Promise.resolve({
        bytes: Uint8Array.from([index, index >> 8, 1]),
        orientation: 'exif' as const,
        objects: Array.from({ length: masks }, (_object, mask) => ({
          truth: rectangle(10 + mask),
          rough: null,
          madeFor: null,
          corrected: false,
        })),
      }),
  }));
}

export function rectangle(side: number) {
  return {
    kind: 'rectangle',
    unit: 'pixel',
    x: 0,
    y: 0,
    width: side,
    height: side,
    rotationDegrees: 0,
  } as const;
}

/** The image with another `load`. */
export function failing(image: FitImage, code: 'IMAGE_NOT_FOUND' | 'QUEUE_FULL'): FitImage {
  return { ...image, load: () => Promise.reject(new RefinerError(code, { where: image.name })) };
}

/** Writes `count` images of a few bytes and masks of their names below a folder. */
export async function writeFolder(root: string, count: number): Promise<void> {
  for (const name of ['images', 'masks']) {
    await mkdir(join(root, name), { recursive: true });
    for (let i = 0; i < count; i++) await writeFile(join(root, name, `${i}.png`), `${name} ${i}`);
  }
}

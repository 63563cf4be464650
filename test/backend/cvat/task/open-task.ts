import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import sharp from 'sharp';
import type { ShapeData, StoredShape } from '../../../../src/backend/cvat/rest/annotations.js';
import { createCvatClient, type CvatClient } from '../../../../src/backend/cvat/rest/client.js';
import { PACE, type Pace, type TaskMeans } from '../../../../src/backend/cvat/task/task-means.js';
import { refineTask, type TaskProgress } from '../../../../src/backend/cvat/task/refine-task.js';
import { openTaskRecord } from '../../../../src/backend/cvat/task/task-record.js';
import type { TaskReport, UndoReport } from '../../../../src/backend/cvat/task/task-report.js';
import { taskWish, type TaskWish } from '../../../../src/backend/cvat/task/task-wish.js';
import { withoutId } from '../../../../src/backend/cvat/task/write-shapes.js';
import { undoTask } from '../../../../src/backend/cvat/task/undo-task.js';
import { PRESETS } from '../../../../src/refiner/presets.js';
import { type CvatDouble, openCvatDouble } from '../../../support/cvat-double.js';
import { dilatingInference, type DilatingInference } from '../../label-studio/dilating-inference.js';

export const WIDTH = 96;
export const HEIGHT = 72;

/** A task of CVAT with what refines it. */
export interface TestTask {
  readonly double: CvatDouble;
  readonly client: CvatClient;
  readonly inference: DilatingInference;
  readonly recordFile: string;
  readonly progress: TaskProgress[];
  /** Opens the record, refines and closes it, as a process does. */
  readonly refine: (wish?: Partial<TaskWish>, pace?: Partial<Pace>) => Promise<TaskReport>;
  readonly undo: (job?: number) => Promise<UndoReport>;
}

export const QUICK: Pace = { ...PACE, unansweredMs: 0, wait: () => Promise.resolve() };

export async function openTask(context: TestContext): Promise<TestTask> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-task-'));
  const double = await openCvatDouble();
  const file = await blackFrame();
  double.frame = () => file;
  const inference = dilatingInference();
  const client = createCvatClient({
    connection: { baseUrl: double.origin, headers: {} },
    verifyTls: true,
    maxImageBytes: 1e6,
    wait: () => Promise.resolve(),
  });
  context.after(async () => {
    await client.close();
    await double.close();
    await rm(folder, { recursive: true, force: true });
  });
  const recordFile = join(folder, 'task-7.sqlite');
  const progress: TaskProgress[] = [];
  const { signal } = new AbortController();

  async function withMeans<T>(pace: Partial<Pace>, work: (means: TaskMeans) => Promise<T>): Promise<T> {
    const record = await openTaskRecord(recordFile);
    try {
      return await work({
        ...{ client, record, inference, options: PRESETS.paper, framesAtOnce: 2 },
        pace: { ...QUICK, ...pace },
        polygon: { kind: 'polygon', minIou: 0.98, maxVertices: 1000 },
      });
    } finally {
      record.close();
    }
  }

  return {
    ...{ double, client, inference, recordFile, progress },
    refine: (wish = {}, pace = {}) =>
      withMeans(pace, (means) => {
        const onProgress = (now: TaskProgress): Promise<void> => {
          progress.push(now);
          return Promise.resolve();
        };
        return refineTask(taskWish({ task: 7, ...wish }), means, { signal, run: null, onProgress });
      }),
    undo: (job) => withMeans({}, (means) => undoTask({ task: 7, job: job ?? null }, means, signal)),
  };
}

/** The file of any frame. */
export function blackFrame(): Promise<Uint8Array> {
  return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: 'black' } })
    .png()
    .toBuffer();
}

/** A rectangular mask, its sides in pixel indices. */
export function maskShape(
  frame: number,
  left: number,
  top: number,
  more: Partial<ShapeData> = {},
): ShapeData {
  const [right, bottom] = [left + 9, top + 7];
  return {
    ...{ type: 'mask', frame, label_id: 31, group: 0, source: 'manual', occluded: false, outside: false },
    ...{ z_order: 0, rotation: 0, attributes: [{ spec_id: 41, value: 'tabby' }], elements: [] },
    points: [0, 80, left, top, right, bottom],
    ...more,
  };
}

/** Everything about the shapes of a job but their ids, in an order that ids have no part in. */
export function contents(shapes: readonly StoredShape[]): readonly string[] {
  return shapes.map((shape) => JSON.stringify(sorted(withoutId(shape)))).sort();
}

function sorted(shape: ShapeData): object {
  return Object.fromEntries(Object.entries(shape).sort(([a], [b]) => (a < b ? -1 : 1)));
}

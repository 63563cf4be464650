import { type ErrorCode, RefinerError } from '../../../errors.js';
import type { RefineRequest, ShapeOutcome } from '../../../onnx/inference.js';
import type { Size } from '../../../refiner/types.js';
import type { StoredShape } from '../rest/annotations.js';
import type { CvatLabel } from '../rest/resources.js';
import type { Change } from './recorded.js';
import { geometryOf, requestFor } from './shape-forms.js';
import type { TaskMeans } from './task-means.js';
import type { ShapeReport } from './task-report.js';
import type { TaskWish } from './task-wish.js';
import { withoutId } from './write-shapes.js';

/** What there is to write for a frame, and what became of the shapes for which there is nothing. */
export interface FrameOutcome {
  readonly frame: number;
  readonly changes: readonly Change[];
  readonly lines: readonly ShapeReport[];
}

export interface FrameInput {
  readonly job: number;
  readonly frame: number;
  readonly shapes: readonly StoredShape[];
  /** Size of the image by CVAT's account; null if it gives none. */
  readonly size: Size | null;
  readonly wish: TaskWish;
  readonly labels: ReadonlyMap<number, CvatLabel>;
  /** Of what is put beside. */
  readonly group: number;
}

/** For one frame with all its shapes; far more than that takes, so that only a lost worker meets it. */
const FRAME_DEADLINE_MS = 3_600_000;
/** Errors that are the frame's own and leave the others alone. */
const OF_THE_FRAME: readonly ErrorCode[] = ['CVAT_REFUSED', 'CVAT_NOT_FOUND'];

/** Fetches a frame and refines its shapes. A frame that cannot be had or read fails with all its shapes. */
export async function refineFrame(
  input: FrameInput,
  { client, inference, options, polygon }: TaskMeans,
  signal: AbortSignal,
): Promise<FrameOutcome> {
  const { job, frame, shapes, size, wish, labels } = input;
  try {
    const image = await client.frame(job, frame, signal);
    const request: RefineRequest = {
      image,
      // CVAT has turned the image already and removed the tag (protocol note, section 2.4).
      orientation: 'exif',
      shapes: shapes.map((shape) =>
        requestFor(shape, labels.get(shape.label_id), size, { boxes: wish.boxes, polygon }),
      ),
      options,
      lane: 'batch',
    };
    const { outcomes } = await inference.refine(request, { deadlineMs: FRAME_DEADLINE_MS, signal });
    const judged = shapes.map((shape, index) => judge(shape, outcomes[index], input));
    return {
      frame,
      changes: judged.filter((one) => 'old' in one),
      lines: judged.filter((one) => 'status' in one),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RefinerError)) throw error;
    if (error.status >= 500 || (error.code.startsWith('CVAT_') && !OF_THE_FRAME.includes(error.code)))
      throw error;
    const lines = shapes.map((shape) => reportLine(shape, input, 'failed', error.code));
    return { frame, changes: [], lines };
  }
}

function judge(
  shape: StoredShape,
  outcome: ShapeOutcome | undefined,
  input: FrameInput,
): Change | ShapeReport {
  if (!outcome) throw new RefinerError('INTERNAL', { expected: 'an outcome for every shape' });
  if (outcome.status === 'failed') return reportLine(shape, input, 'failed', outcome.reason);
  const { figures } = outcome;
  const known = figures ? { agreementIou: figures.agreementIou, predictedIou: figures.predictedIou } : {};
  if (outcome.status === 'kept') return { ...reportLine(shape, input, 'kept', outcome.reason), ...known };
  const geometry = geometryOf(outcome.shape);
  if (geometry === null) return { ...reportLine(shape, input, 'kept', 'too-thin'), ...known };
  if (geometry.type === shape.type && sameNumbers(geometry.points, shape.points))
    return { ...reportLine(shape, input, 'kept', 'unchanged'), ...known };
  const source =
    input.wish.mode === 'beside' ? { source: 'auto', group: input.group } : { source: 'semi-auto' };
  return {
    old: shape,
    now: { ...withoutId(shape), ...geometry, ...source },
    line: { ...reportLine(shape, input, 'refined'), ...known },
    undoes: null,
  };
}

function reportLine(
  { id, type, label_id }: StoredShape,
  { job, frame, labels }: FrameInput,
  status: ShapeReport['status'],
  reason?: string,
): ShapeReport {
  const label = labels.get(label_id)?.name ?? `label ${label_id}`;
  return { job, frame, id, type, label, status, ...(reason === undefined ? {} : { reason }) };
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

import { RefinerError } from '../../errors.js';
import { createFrameIndex, type FramePlace } from './frame-index.js';
import type { StoredShape } from './rest/annotations.js';
import type { CvatClient } from './rest/client.js';
import type { CvatLabel } from './rest/resources.js';
import type { DeclaredLabel, NamedShape, StoredMasks } from './stored-masks.js';

/** Shapes of this many jobs are kept as long as CVAT says that nothing was changed in them. */
const MAX_KEPT_JOBS = 16;
/** Label types whose shapes can be refined and answered as masks. */
const LABEL_TYPES: readonly string[] = ['any', 'mask', 'polygon'];

interface KeptShapes {
  readonly updated: string;
  readonly shapes: readonly StoredShape[];
}

/**
 * The stored masks of projects over REST. The client is closed with it.
 *
 * "Clean old annotations" deletes all shapes before the first frame is asked for. So a job that had shapes when it was last
 * looked at and has none now, or a task without any, is refused: answering that there is nothing would hide the loss.
 */
export function openProjectMasks(client: CvatClient, projects: readonly number[]): StoredMasks {
  const kept = new Map<number, KeptShapes>();
  /** Jobs that had shapes, by task. */
  const annotated = new Map<number, Set<number>>();
  const index = createFrameIndex({
    client,
    projects,
    onJob: async ({ id, task_id: task }, signal) => {
      if ((await client.annotations(id, signal)).shapes.length > 0) noteShapes(task, id);
    },
  });

  function noteShapes(task: number, job: number): void {
    annotated.set(task, (annotated.get(task) ?? new Set<number>()).add(job));
  }

  /** Throws FRAME_EMPTIED. */
  async function shapesOf({ task, job }: FramePlace, signal: AbortSignal): Promise<readonly StoredShape[]> {
    const shapes = await storedShapes(job, signal);
    const hadShapes = annotated.get(task);
    if (shapes.length === 0 && (hadShapes === undefined || hadShapes.has(job))) {
      throw new RefinerError('FRAME_EMPTIED', { received: `job ${job} of task ${task} without a shape` });
    }
    if (shapes.length > 0) noteShapes(task, job);
    return shapes;
  }

  async function storedShapes(job: number, signal: AbortSignal): Promise<readonly StoredShape[]> {
    const { updated_date: updated = '' } = await client.job(job, signal);
    const before = kept.get(job);
    if (before && updated !== '' && before.updated === updated) return before.shapes;
    const { shapes } = await client.annotations(job, signal);
    kept.delete(job);
    kept.set(job, { updated, shapes });
    for (const oldest of kept.keys()) if (kept.size > MAX_KEPT_JOBS) kept.delete(oldest);
    return shapes;
  }

  async function labelsOf(signal: AbortSignal): Promise<readonly CvatLabel[]> {
    return (await Promise.all(projects.map((project) => client.labels({ project }, signal)))).flat();
  }

  return {
    labels: async (signal) => declaredLabels(await labelsOf(signal)),
    find: async (hash, signal) => {
      const places = await index.find(hash, signal);
      const place = onlyPlace(places);
      const labels = new Map((await labelsOf(signal)).map((label) => [label.id, label]));
      // Jobs of a task may overlap: the frame is then in two of them.
      for (const one of places) {
        const shapes = (await shapesOf(one, signal)).filter(({ frame }) => frame === place.frame);
        if (shapes.length === 0) continue;
        const found = shapes.flatMap((shape) => named(shape, labels.get(shape.label_id)));
        return { project: place.project, shapes: found };
      }
      return { project: place.project, shapes: [] };
    },
    close: async () => {
      await index.close();
      await client.close();
    },
  };
}

/** Throws FRAME_UNKNOWN or FRAME_AMBIGUOUS. */
function onlyPlace(places: readonly FramePlace[]): FramePlace {
  const [first] = places;
  if (!first) throw new RefinerError('FRAME_UNKNOWN');
  const other = places.find(({ task, frame }) => task !== first.task || frame !== first.frame);
  if (!other) return first;
  throw new RefinerError('FRAME_AMBIGUOUS', {
    received: [first, other].map(({ task, frame }) => `frame ${frame} of task ${task}`).join(' and '),
  });
}

function named(shape: StoredShape, label: CvatLabel | undefined): readonly NamedShape[] {
  const { type, points, rotation = 0, group } = shape;
  if (type !== 'mask' && type !== 'polygon' && type !== 'rectangle') return [];
  if (label === undefined || !LABEL_TYPES.includes(label.type ?? 'any')) return [];
  const attributes = (shape.attributes ?? []).flatMap(({ spec_id: id, value }) => {
    const name = label.attributes?.find((attribute) => attribute.id === id)?.name;
    return name === undefined ? [] : [{ name, value }];
  });
  return [{ label: label.name, type, points, rotation, group: group ?? 0, attributes }];
}

/** Of labels with one name in several projects the first: a name may be declared once. */
function declaredLabels(labels: readonly CvatLabel[]): readonly DeclaredLabel[] {
  const declared = new Map<string, DeclaredLabel>();
  for (const { name, type = 'any', attributes = [] } of labels) {
    if (!LABEL_TYPES.includes(type) || declared.has(name)) continue;
    declared.set(name, { name, type, attributes: attributes.flatMap(declaredAttribute) });
  }
  return [...declared.values()];
}

function declaredAttribute({
  name,
  input_type,
  values,
}: NonNullable<CvatLabel['attributes']>[number]): DeclaredLabel['attributes'] {
  if (name === undefined || input_type === undefined || values === undefined) return [];
  return [{ name, input_type, values }];
}

import type { Annotations, StoredShape } from '../rest/annotations.js';
import type { CvatLabel, DataMeta } from '../rest/resources.js';
import type { Product } from './recorded.js';
import { sameShape } from './same-shape.js';
import { REFINABLE } from './shape-forms.js';
import type { ShapeReport } from './task-report.js';
import type { TaskWish } from './task-wish.js';

export interface JobPlan {
  /** Shapes to refine, by frame, in the order of their ids. */
  readonly frames: ReadonlyMap<number, readonly StoredShape[]>;
  /** Shapes and tracks that are not refined, with the reason. */
  readonly skipped: readonly ShapeReport[];
}

export interface PlanInput {
  readonly job: number;
  readonly run: number;
  readonly wish: TaskWish;
  readonly annotations: Annotations;
  readonly meta: DataMeta;
  readonly labels: ReadonlyMap<number, CvatLabel>;
  /** What this and earlier runs have written to the job. */
  readonly products: readonly Product[];
  /** Shapes on which this run has decided before it was broken off. */
  readonly decided: ReadonlySet<number>;
}

/**
 * Chooses the shapes of a job that are refined. What an earlier run made, or put something beside, is not refined again
 * as long as nobody has changed it; what this run made is not even mentioned.
 */
export function planJob(input: PlanInput): JobPlan {
  const { job, run, wish, annotations, meta, labels, products, decided } = input;
  const deleted = new Set(meta.deleted_frames);
  const settled = new Map<number, { readonly shape: StoredShape; readonly run: number }>();
  for (const product of products) {
    settled.set(product.shape.id, product);
    // Replaced shapes are gone; those that have another beside them are still there.
    if (product.action === 'create') settled.set(product.old.id, { shape: product.old, run: product.run });
  }
  const frames = new Map<number, StoredShape[]>();
  const skipped: ShapeReport[] = [];
  const skip = (id: number, type: string, frame: number, label: string, reason: string): void => {
    skipped.push({ job, frame, id, type, label, status: 'skipped', reason });
  };
  for (const shape of [...annotations.shapes].sort((a, b) => a.id - b.id)) {
    const { id, type, frame } = shape;
    const label = nameOf(labels, shape.label_id);
    if (!isChosen(label, wish) || decided.has(id)) continue;
    const done = settled.get(id);
    if (done && sameShape(done.shape, shape)) {
      if (done.run !== run) skip(id, type, frame, label, 'already-refined');
    } else if (!REFINABLE.includes(type)) {
      skip(id, type, frame, label, 'shape-type');
    } else if (deleted.has(frame)) {
      skip(id, type, frame, label, 'deleted-frame');
    } else {
      frames.set(frame, [...(frames.get(frame) ?? []), shape]);
    }
  }
  for (const track of annotations.tracks) {
    const { id, frame, label_id } = numbersOf(track);
    const label = nameOf(labels, label_id);
    if (isChosen(label, wish)) skip(id, 'track', frame, label, 'track');
  }
  return { frames: new Map([...frames].sort(([a], [b]) => a - b)), skipped };
}

/** A group that nothing in the job has yet. */
export function unusedGroup({ shapes, tags, tracks }: Annotations): number {
  const groups = [...shapes, ...tags, ...tracks].map((one) => numbersOf(one).group);
  return groups.reduce((most, group) => Math.max(most, group), 0) + 1;
}

function isChosen(label: string, { labels }: TaskWish): boolean {
  return labels === null || labels.includes(label);
}

function nameOf(labels: ReadonlyMap<number, CvatLabel>, id: number): string {
  return labels.get(id)?.name ?? `label ${id}`;
}

interface CommonNumbers {
  readonly id: number;
  readonly frame: number;
  readonly label_id: number;
  readonly group: number;
}

/** Numbers of a tag, track or shape; 0 where there is none. */
function numbersOf(value: unknown): CommonNumbers {
  const members = new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
  const number = (name: string): number => {
    const found = members.get(name);
    return typeof found === 'number' ? found : 0;
  };
  return { id: number('id'), frame: number('frame'), label_id: number('label_id'), group: number('group') };
}

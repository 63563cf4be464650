export const TASK_MODES = ['replace', 'beside', 'dry-run'] as const;
export const BOX_FORMS = ['keep-type', 'mask'] as const;

/** What is wanted of a task. */
export interface TaskWish {
  readonly task: number;
  /** The only job to work on; null for all. */
  readonly job: number | null;
  /** Names of the only labels to refine, sorted; null for all. */
  readonly labels: readonly string[] | null;
  /**
   * `replace` puts refined shapes in the place of the rough ones, `beside` adds them in a group of their own, `dry-run`
   * writes nothing.
   */
  readonly mode: (typeof TASK_MODES)[number];
  /** `keep-type`: rectangles come back tightened; `mask`: as masks, where their label takes those. */
  readonly boxes: (typeof BOX_FORMS)[number];
}

const ID = { type: 'integer', minimum: 1 } as const;

export const TASK_WISH_SCHEMA = {
  type: 'object',
  description: 'Refines the masks, polygons and rectangles of a CVAT task.',
  required: ['task'],
  additionalProperties: false,
  properties: {
    task: { ...ID, description: 'Number of the task in CVAT.' },
    job: { ...ID, description: 'The only job to work on.' },
    labels: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: { type: 'string', minLength: 1, maxLength: 200 },
      description: 'Names of the only labels to refine.',
    },
    mode: {
      enum: TASK_MODES,
      default: 'replace',
      description: 'replace the rough shapes, add refined ones beside them, or write nothing.',
    },
    boxes: {
      enum: BOX_FORMS,
      default: 'keep-type',
      description: 'Whether rectangles come back as tightened rectangles or as masks.',
    },
  },
} as const;

/** A wish of unknown completeness with everything said, the same wish always in the same form. */
export function taskWish(
  given: { readonly task: number } & {
    readonly [Key in Exclude<keyof TaskWish, 'task'>]?: TaskWish[Key] | undefined;
  },
): TaskWish {
  return {
    task: given.task,
    job: given.job ?? null,
    labels: given.labels ? [...new Set(given.labels)].sort() : null,
    mode: given.mode ?? 'replace',
    boxes: given.boxes ?? 'keep-type',
  };
}

/** What CVAT tells of a job, as far as it is used; more members may be there. */
export interface CvatJob {
  readonly id: number;
  readonly task_id: number;
  readonly project_id: number | null;
  /** `new`, `in progress`, `completed`, `rejected`, or what later versions bring. */
  readonly state: string;
  readonly stage?: string;
  /** `annotation`, `ground_truth`, `consensus_replica`; not told by old versions, which know the first alone. */
  readonly type?: string;
  /** Frames of the task, both included. */
  readonly start_frame: number;
  readonly stop_frame: number;
  /** `2d` or `3d`. */
  readonly dimension?: string;
  readonly updated_date?: string;
}

export const JOB_SCHEMA = {
  type: 'object',
  required: ['id', 'task_id', 'state', 'start_frame', 'stop_frame'],
  properties: {
    id: { type: 'integer' },
    task_id: { type: 'integer' },
    project_id: { type: ['integer', 'null'] },
    state: { type: 'string' },
    stage: { type: 'string' },
    type: { type: 'string' },
    start_frame: { type: 'integer' },
    stop_frame: { type: 'integer' },
    dimension: { type: 'string' },
    updated_date: { type: 'string' },
  },
} as const;

export interface CvatTask {
  readonly id: number;
  readonly name: string;
  readonly project_id: number | null;
}

export const TASK_SCHEMA = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    project_id: { type: ['integer', 'null'] },
  },
} as const;

export interface CvatLabel {
  readonly id: number;
  readonly name: string;
  /** `any` or the one type of shape that the browser draws with this label. */
  readonly type?: string;
  readonly attributes?: readonly CvatAttribute[];
}

export interface CvatAttribute {
  readonly id?: number;
  readonly name?: string;
  /** `select`, `radio`, `checkbox`, `number` or `text`. */
  readonly input_type?: string;
  readonly values?: readonly string[];
}

export const LABEL_SCHEMA = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    type: { type: 'string' },
    attributes: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          name: { type: 'string' },
          input_type: { type: 'string' },
          values: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
} as const;

/** About the images of a job. */
export interface DataMeta {
  /** Frames of the task that were deleted; their annotations are still there. */
  readonly deleted_frames: readonly number[];
  /** One for each frame of the job in their order; one for all of a video. */
  readonly frames: readonly { readonly width: number; readonly height: number; readonly name: string }[];
}

export const DATA_META_SCHEMA = {
  type: 'object',
  required: ['deleted_frames', 'frames'],
  properties: {
    deleted_frames: { type: 'array', items: { type: 'integer' } },
    frames: {
      type: 'array',
      items: {
        type: 'object',
        required: ['width', 'height', 'name'],
        properties: {
          width: { type: 'integer' },
          height: { type: 'integer' },
          name: { type: 'string' },
        },
      },
    },
  },
} as const;

export const PAGE_SCHEMA = {
  type: 'object',
  required: ['results'],
  properties: { next: { type: ['string', 'null'] }, results: { type: 'array' } },
} as const;

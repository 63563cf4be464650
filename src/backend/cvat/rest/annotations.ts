export type ShapeType =
  'mask' | 'polygon' | 'rectangle' | 'polyline' | 'points' | 'ellipse' | 'cuboid' | 'skeleton';

export interface AttributeValue {
  readonly spec_id: number;
  readonly value: string;
}

/** A shape as CVAT takes it (protocol note, section 6). Members that are not named here are handed on as they are. */
export interface ShapeData {
  readonly type: ShapeType;
  /** Number of the frame in the task. */
  readonly frame: number;
  readonly label_id: number;
  /** In pixels; of a mask its runs and its box. */
  readonly points: readonly number[];
  /** 0 or null for none. */
  readonly group?: number | null;
  readonly source?: string;
  readonly occluded?: boolean;
  readonly outside?: boolean;
  readonly z_order?: number;
  /** Degrees clockwise about the centre, 0 to 360. */
  readonly rotation?: number;
  readonly attributes?: readonly AttributeValue[];
  readonly elements?: readonly unknown[];
}

export interface StoredShape extends ShapeData {
  readonly id: number;
}

/** All that is annotated in a job. Tags and tracks are not looked into. */
export interface Annotations {
  readonly shapes: readonly StoredShape[];
  readonly tags: readonly unknown[];
  readonly tracks: readonly unknown[];
}

export type PatchAction = 'create' | 'update' | 'delete';

const NUMBERS = { type: 'array', items: { type: 'number' } } as const;

export const ANNOTATIONS_SCHEMA = {
  type: 'object',
  required: ['shapes', 'tags', 'tracks'],
  properties: {
    shapes: { type: 'array' },
    tags: { type: 'array' },
    tracks: { type: 'array' },
  },
} as const;

export const STORED_SHAPE_SCHEMA = {
  type: 'object',
  required: ['id', 'type', 'frame', 'label_id', 'points'],
  properties: {
    id: { type: 'integer' },
    type: {
      enum: ['mask', 'polygon', 'rectangle', 'polyline', 'points', 'ellipse', 'cuboid', 'skeleton'],
    },
    frame: { type: 'integer' },
    label_id: { type: 'integer' },
    points: NUMBERS,
    group: { type: ['integer', 'null'] },
    source: { type: 'string' },
    occluded: { type: 'boolean' },
    outside: { type: 'boolean' },
    z_order: { type: 'integer' },
    rotation: { type: 'number' },
    attributes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['spec_id', 'value'],
        properties: { spec_id: { type: 'integer' }, value: { type: 'string' } },
      },
    },
    elements: { type: 'array' },
  },
} as const;

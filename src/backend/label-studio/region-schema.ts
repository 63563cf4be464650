/** The geometry of each shape as results hold it: percent of the image, 0–100, degrees clockwise (note 6.2). */
export interface RegionValues {
  readonly brush: {
    readonly rle?: unknown;
    /** PNG of the image's size; with `touches` the form in which drafts are saved while somebody draws (note 4.3). */
    readonly maskDataURL?: string | null;
    /** Strokes in their order, in percent; the width is of the image's width. */
    readonly touches?:
      | readonly {
          readonly type?: 'add' | 'eraser' | null;
          readonly relativePoints: readonly number[];
          readonly relativeStrokeWidth: number;
        }[]
      | null;
  };
  readonly bitmask: { readonly imageDataURL: string };
  readonly polygon: { readonly points: readonly (readonly [number, number])[] };
  readonly rectangle: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly rotation?: number | null;
  };
  readonly ellipse: {
    readonly x: number;
    readonly y: number;
    readonly radiusX: number;
    readonly radiusY: number;
    readonly rotation?: number | null;
  };
}

/** A point as the editor's tools and its prompt layer send it, in percent of the image. */
export interface PointValue {
  readonly x: number;
  readonly y: number;
}

/** Size in pixels of the image that the region was made on, as the browser showed it. */
export interface RegionFrame {
  readonly original_width?: number | null;
  readonly original_height?: number | null;
}

/** Slightly outside the image is normal; far outside is damage and would only cost arithmetic. */
const PERCENT = { type: 'number', minimum: -10_000, maximum: 10_000 } as const;
const EXTENT = { type: 'number', exclusiveMinimum: 0, maximum: 10_000 } as const;
const DEGREES = { type: ['number', 'null'], minimum: -3600, maximum: 3600 } as const;
const DATA_URL = '^data:image/[a-z+.-]+;base64,';
const SIDE = { type: ['integer', 'null'], minimum: 1, maximum: 100_000 } as const;

export const REGION_SCHEMAS = {
  frame: { type: 'object', properties: { original_width: SIDE, original_height: SIDE } },
  // The bytes are checked while they are copied: a schema over a million numbers is slower than the copy.
  brush: {
    type: 'object',
    properties: {
      maskDataURL: { type: ['string', 'null'], pattern: DATA_URL },
      touches: {
        type: ['array', 'null'],
        maxItems: 100_000,
        items: {
          type: 'object',
          required: ['relativePoints', 'relativeStrokeWidth'],
          properties: {
            type: { enum: ['add', 'eraser', null] },
            relativePoints: { type: 'array', items: PERCENT },
            relativeStrokeWidth: { type: 'number', minimum: 0, maximum: 10_000 },
          },
        },
      },
    },
  },
  bitmask: {
    type: 'object',
    required: ['imageDataURL'],
    properties: { imageDataURL: { type: 'string', pattern: DATA_URL } },
  },
  polygon: {
    type: 'object',
    required: ['points'],
    properties: {
      points: {
        type: 'array',
        minItems: 3,
        maxItems: 100_000,
        items: { type: 'array', items: PERCENT, minItems: 2, maxItems: 2 },
      },
    },
  },
  point: { type: 'object', required: ['x', 'y'], properties: { x: PERCENT, y: PERCENT } },
  rectangle: {
    type: 'object',
    required: ['x', 'y', 'width', 'height'],
    properties: { x: PERCENT, y: PERCENT, width: EXTENT, height: EXTENT, rotation: DEGREES },
  },
  ellipse: {
    type: 'object',
    required: ['x', 'y', 'radiusX', 'radiusY'],
    properties: { x: PERCENT, y: PERCENT, radiusX: EXTENT, radiusY: EXTENT, rotation: DEGREES },
  },
} as const;

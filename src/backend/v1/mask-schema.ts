import { MAX_GUIDANCE_POINTS } from '../../formats/guidance.js';

const COORDINATE = { type: 'number', minimum: -1e6, maximum: 1e6 } as const;

const RLE = {
  type: 'object',
  description: 'COCO run-length code, column-major.',
  required: ['size', 'counts'],
  additionalProperties: false,
  properties: {
    size: {
      type: 'array',
      description: 'Height and width in pixels.',
      items: { type: 'integer', minimum: 1, maximum: 100_000 },
      minItems: 2,
      maxItems: 2,
    },
    counts: {
      description: 'Compressed string, or the list of run lengths.',
      oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'integer', minimum: 0 } }],
    },
  },
} as const;

const POLYGON = {
  type: 'array',
  description: 'Rings as x0, y0, x1, y1, … in pixels; filled even-odd, so that a second ring can be a hole.',
  items: { type: 'array', items: COORDINATE, maxItems: 200_000 },
  minItems: 1,
  maxItems: 10_000,
} as const;

const BOX = {
  type: 'array',
  description: 'x, y, width, height in pixels.',
  items: COORDINATE,
  minItems: 4,
  maxItems: 4,
} as const;

const PNG = { type: 'string', description: 'An image file, base64 or data URI; white is the mask.' } as const;

/** The forms in which masks come and go. */
export const SHAPE_FIELDS = { png: PNG, rle: RLE, polygon: POLYGON, box: BOX } as const;

const clicks = (description: string) =>
  ({
    type: 'array',
    description,
    items: { type: 'array', description: 'x, y in pixels.', items: COORDINATE, minItems: 2, maxItems: 2 },
    maxItems: MAX_GUIDANCE_POINTS,
  }) as const;

const PROMPT = {
  type: 'object',
  description:
    'What a person points at. Beside a rough mask it guides the refinement; alone it segments a new mask, and then ' +
    'needs a positive point or a box.',
  additionalProperties: false,
  properties: {
    positive: clicks('Points on the object, the newest last.'),
    negative: clicks('Points beside the object, the newest last.'),
    box: { ...BOX, description: 'A box around the object: x, y, width, height in pixels.' },
  },
} as const;

const ONE_SHAPE = Object.keys(SHAPE_FIELDS).map((name) => ({ required: [name] }));

/** The masks of a request: each has one of the forms, a prompt beside it, or a prompt alone. */
export const MASKS_SCHEMA = {
  type: 'array',
  minItems: 1,
  maxItems: 5000,
  items: {
    type: 'object',
    additionalProperties: false,
    properties: {
      id: { type: 'string', maxLength: 200, description: 'Copied to the answer.' },
      semantic: {
        type: 'boolean',
        description: 'The mask covers a class, not one object: split, refine, unite.',
      },
      ...SHAPE_FIELDS,
      prompt: PROMPT,
    },
    if: { required: ['prompt'] },
    then: { oneOf: [...ONE_SHAPE, { not: { anyOf: ONE_SHAPE } }] },
    else: { oneOf: ONE_SHAPE },
  },
} as const;

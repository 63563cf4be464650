import { MASKS_SCHEMA, SHAPE_FIELDS } from './mask-schema.js';

/**
 * JSON Schemas of `POST /v1/refine`. The same objects check requests, make the OpenAPI document and, in the tests,
 * check the real answers, so that the three cannot drift apart.
 */
const fraction = (description: string) => ({ type: 'number', minimum: 0, maximum: 1, description }) as const;

export const OPTIONS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    model: {
      type: 'string',
      maxLength: 200,
      description: 'Name of a served model (SAMREFINER_MODEL, SAMREFINER_SERVE); absent: the default one.',
    },
    adapter: {
      type: 'string',
      maxLength: 64,
      description: 'Project whose adapter chooses among the model’s candidates, such as label-studio-7.',
    },
    preset: { enum: ['paper', 'official'], description: 'Variant of the algorithm.' },
    rounds: { type: 'integer', minimum: 1, maximum: 20 },
    zoom: { type: 'boolean', description: 'Refine small objects in the part of the image around them.' },
    usePoints: { type: 'boolean' },
    useBox: { type: 'boolean' },
    useMask: { type: 'boolean' },
    minWidthCells: {
      type: 'number',
      minimum: 0,
      maximum: 64,
      description:
        'Keep rough masks thinner on average than this many cells of the mask that the model draws.',
    },
    minAgreement: fraction('Keep the rough mask below this IoU with the refined one.'),
    minPredictedIou: fraction('Keep the rough mask below this predicted IoU.'),
    minStability: fraction('Keep the rough mask below this stability.'),
    polygonMinIou: fraction('Least IoU of an answered polygon with its mask.'),
    polygonMaxVertices: { type: 'integer', minimum: 3, maximum: 100_000 },
  },
} as const;

const COMMON_FIELDS = {
  masks: MASKS_SCHEMA,
  output: { enum: Object.keys(SHAPE_FIELDS), default: 'png', description: 'Form of the answered masks.' },
  orientation: {
    enum: ['exif', 'stored'],
    default: 'exif',
    description: 'Whether the masks were drawn on the image as shown (EXIF applied) or as stored.',
  },
  interactive: {
    type: 'boolean',
    default: false,
    description: 'A person is waiting: goes before batch work.',
  },
  options: OPTIONS_SCHEMA,
} as const;

export const REFINE_REQUEST_SCHEMA = {
  type: 'object',
  required: ['image', 'masks'],
  additionalProperties: false,
  properties: {
    image: { type: 'string', description: 'A data URI or an http(s) address.' },
    ...COMMON_FIELDS,
  },
} as const;

/** The `request` field of a multipart body: without the image, and masks may come as files instead. */
export const MULTIPART_REQUEST_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: COMMON_FIELDS,
} as const;

const FIGURES_SCHEMA = {
  type: 'object',
  required: ['agreementIou', 'predictedIou', 'stability', 'rounds'],
  additionalProperties: false,
  properties: {
    agreementIou: fraction('IoU between the rough and the refined mask; 1 where there was no rough one.'),
    predictedIou: { type: 'number', description: 'IoU with the true mask as the model predicts it.' },
    stability: fraction('IoU of the logits cut at +1 and at −1.'),
    rounds: { type: 'integer' },
  },
} as const;

export const REFINE_ANSWER_SCHEMA = {
  type: 'object',
  required: ['model', 'image', 'masks'],
  additionalProperties: false,
  properties: {
    model: { type: 'string', description: 'Version of the model that answered.' },
    image: {
      type: 'object',
      required: ['width', 'height'],
      additionalProperties: false,
      properties: { width: { type: 'integer' }, height: { type: 'integer' } },
    },
    masks: {
      type: 'array',
      description: 'One entry a mask, in the order of the request.',
      items: {
        type: 'object',
        required: ['id', 'status'],
        additionalProperties: false,
        properties: {
          id: { type: ['string', 'null'] },
          status: { enum: ['refined', 'kept', 'failed'] },
          reason: { type: 'string', description: 'Why a mask was kept or failed.' },
          detail: { type: 'string' },
          figures: { oneOf: [FIGURES_SCHEMA, { type: 'null' }] },
          ...SHAPE_FIELDS,
        },
      },
    },
  },
} as const;

export const ERROR_ANSWER_SCHEMA = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'id'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        id: { type: 'string', description: 'To find the reason in the log.' },
        expected: { type: 'string' },
        received: { type: 'string' },
      },
    },
  },
} as const;

const folder = (description: string) =>
  ({ type: 'string', minLength: 1, maxLength: 1000, description }) as const;

export const REFINE_FOLDER_INPUT_SCHEMA = {
  type: 'object',
  description: 'Refines the masks of a folder. Paths are relative to SAMREFINER_DATA_DIR.',
  required: ['images', 'masks', 'out'],
  additionalProperties: false,
  properties: {
    images: folder('Folder of photographs.'),
    masks: folder('Folder of rough masks; photo.jpg goes with photo.png and photo.<anything>.png.'),
    out: folder('Folder for the refined masks (PNG), neither of the others; made if it is missing.'),
  },
} as const;

const COUNT = { type: 'integer', minimum: 0 } as const;

/** What became of one image: an outcome for each mask, or one error for all. */
export const IMAGE_REPORT_SCHEMA = {
  type: 'object',
  required: ['image', 'masks'],
  additionalProperties: false,
  properties: {
    image: { type: 'string' },
    masks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['mask', 'out', 'status'],
        additionalProperties: false,
        properties: {
          mask: { type: 'string' },
          out: {
            type: ['string', 'null'],
            description: 'The written file; a failed or empty mask has none.',
          },
          status: { enum: ['refined', 'kept', 'failed'] },
          reason: { type: 'string' },
          agreementIou: { type: 'number' },
          predictedIou: { type: 'number' },
        },
      },
    },
  },
} as const;

export const REFINE_FOLDER_RESULT_SCHEMA = {
  type: 'object',
  required: ['model', 'counts', 'images'],
  additionalProperties: false,
  properties: {
    model: { type: 'string' },
    counts: {
      type: 'object',
      required: ['refined', 'kept', 'failed'],
      additionalProperties: false,
      properties: { refined: COUNT, kept: COUNT, failed: COUNT },
    },
    images: { type: 'array', items: IMAGE_REPORT_SCHEMA },
  },
} as const;

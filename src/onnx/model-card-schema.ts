import type { MeasuredQuality, ModelCard, TrainingSet } from './model-card.js';
import { record, type SchemaOf } from './schema-of.js';

const PROSE = { type: 'string', minLength: 1, maxLength: 4000 } as const;
const SHARE = { type: 'number', minimum: 0, maximum: 1 } as const;

/** The form of the `card` of a `pack.json`. */
export function modelCardSchema(): SchemaOf<ModelCard> {
  return record<ModelCard>({
    data: {
      type: 'array',
      maxItems: 100,
      items: record<TrainingSet>({
        name: PROSE,
        images: { type: 'integer', minimum: 1 },
        licence: PROSE,
        source: PROSE,
      }),
    },
    training: PROSE,
    figures: record<MeasuredQuality>({
      how: PROSE,
      date: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
      roughIou: SHARE,
      refinedIou: SHARE,
      roughBoundaryIou: SHARE,
      refinedBoundaryIou: SHARE,
      better: SHARE,
      worse: SHARE,
      boxOnlyIou: SHARE,
      clickOnlyIou: SHARE,
    }),
    limits: { type: 'array', maxItems: 100, items: PROSE },
    insteadOfIt: PROSE,
  });
}

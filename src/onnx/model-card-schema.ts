import type { MeasuredQuality, ModelCard, TrainingSet } from './model-card.js';
import { FRACTION, PROSE, record, type SchemaOf } from './schema-of.js';

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
      roughIou: FRACTION,
      refinedIou: FRACTION,
      roughBoundaryIou: FRACTION,
      refinedBoundaryIou: FRACTION,
      better: FRACTION,
      worse: FRACTION,
      boxOnlyIou: FRACTION,
      clickOnlyIou: FRACTION,
    }),
    limits: { type: 'array', maxItems: 100, items: PROSE },
    insteadOfIt: PROSE,
  });
}

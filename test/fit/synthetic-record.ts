import type { AdapterRecord } from '../../src/fit/adapter-record.js';
import { freshAdapter } from '../../src/refiner/iou-adapter.js';

/** An adapter of lite's shape, its weights drawn from `seed`. */
export function syntheticRecord(seed: number, changes: Partial<AdapterRecord> = {}): AdapterRecord {
  const fresh = freshAdapter({ rank: 4, features: 128, outputs: 4 }, seed);
  return {
    model: { version: 'lite-0.1.0+12345678', fingerprint: '0'.repeat(64) },
    data: { prompt: 'box', images: 70, examples: 140, corrected: 12 },
    figures: {
      examples: 60,
      images: 30,
      changed: 12,
      before: { top1Accuracy: 0.5, meanIou: 0.8 },
      after: { top1Accuracy: 0.7, meanIou: 0.85 },
      bestMeanIou: 0.9,
      gainInterval: { low: 0.02, high: 1 / 15 },
    },
    parent: null,
    adapter: { ...fresh, loraB: Float64Array.from({ length: 16 }, (_, i) => Math.sin(i + seed) / 3) },
    ...changes,
  };
}

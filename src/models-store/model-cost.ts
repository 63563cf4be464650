/** What a model needs on a processor, at most about. */
export interface ModelCost {
  /** Time of one core to encode one image, in seconds; several cores share it. Done once an image, then cached. */
  readonly encodeCoreSeconds: number;
  /** Memory of one worker with the model loaded, without cached images. */
  readonly loadedMb: number;
  /** Memory of one worker while it encodes. */
  readonly peakMb: number;
}

/**
 * By family. Measured with bench/encoder-parity.ts on 21 November 2026, one thread of an Intel Xeon with AVX-512 at about
 * 130 GFLOP/s; HQ-SAM has the encoders of SAM and MobileSAM.
 */
const COST: Readonly<Record<string, ModelCost>> = {
  tiny: { encodeCoreSeconds: 2, loadedMb: 300, peakMb: 550 },
  'vit-b': { encodeCoreSeconds: 12, loadedMb: 650, peakMb: 1150 },
  'vit-l': { encodeCoreSeconds: 38, loadedMb: 1500, peakMb: 2200 },
  'vit-h': { encodeCoreSeconds: 60, loadedMb: 2800, peakMb: 3650 },
};

/** What a model of that family needs; null for a family that was not measured. */
export function modelCostOf(family: string): ModelCost | null {
  const encoder = family === 'mobile-sam' || family === 'hq-tiny' ? 'tiny' : family.replace(/^(sam|hq)-/, '');
  return Object.hasOwn(COST, encoder) ? (COST[encoder] ?? null) : null;
}

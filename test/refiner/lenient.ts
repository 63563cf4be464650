import type { AcceptOptions } from '../../src/refiner/options.js';

/** Trusts every refined mask that is not empty. */
export const LENIENT: AcceptOptions = {
  minAreaPx: 1,
  minWidthCells: 0,
  minAgreement: 0,
  minPredictedIou: -1,
  minStability: 0,
  dropStrayParts: false,
};

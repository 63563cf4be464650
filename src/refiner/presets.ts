import type { AcceptOptions, PresetName, RefineOptions } from './options.js';

const ACCEPT: AcceptOptions = {
  minAreaPx: 4,
  minWidthCells: 0,
  minAgreement: 0.5,
  minPredictedIou: 0,
  minStability: 0,
  dropStrayParts: false,
};
const DECODER_BATCH = 8;

/**
 * The two ways in which the method is described. `official`: the defaults of the published code (`sam_refiner.py`).
 * `paper`: section 3.2 and the settings of its experiments (ω 15, γ 4, λ 0.1, one round).
 */
export const PRESETS: Readonly<Record<PresetName, RefineOptions>> = {
  official: {
    prompts: {
      usePoints: true,
      useBox: true,
      useMask: true,
      useNegativePoint: true,
      distance: 'octile',
      falloff: 'depth',
      expandThreshold: null,
      amplitude: 30,
      expandedAmplitude: 1,
      spread: 4,
    },
    accept: ACCEPT,
    iouAdapter: null,
    rounds: 5,
    zoom: false,
    decoderBatch: DECODER_BATCH,
  },
  paper: {
    prompts: {
      usePoints: true,
      useBox: true,
      useMask: true,
      useNegativePoint: true,
      distance: 'euclidean',
      falloff: 'centre',
      expandThreshold: 0.1,
      amplitude: 15,
      expandedAmplitude: 15,
      spread: 4,
    },
    accept: ACCEPT,
    iouAdapter: null,
    rounds: 1,
    zoom: false,
    decoderBatch: DECODER_BATCH,
  },
};

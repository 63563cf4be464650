import type { Config } from '../config.js';
import type { RefineOptions } from '../refiner/options.js';
import { PRESETS } from '../refiner/presets.js';

/** The algorithm's options as the server is set up: the preset, with what the settings change of it. */
export function configuredOptions(
  config: Pick<Config, 'preset' | 'rounds' | 'decoderBatch' | 'minAgreement' | 'minPredictedIou'>,
): RefineOptions {
  const preset = PRESETS[config.preset];
  return {
    ...preset,
    rounds: config.rounds ?? preset.rounds,
    decoderBatch: config.decoderBatch ?? preset.decoderBatch,
    accept: {
      ...preset.accept,
      minAgreement: config.minAgreement ?? preset.accept.minAgreement,
      minPredictedIou: config.minPredictedIou ?? preset.accept.minPredictedIou,
    },
  };
}

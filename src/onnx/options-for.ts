import type { PresetName, RefineOptions } from '../refiner/options.js';
import { PRESETS } from '../refiner/presets.js';
import type { PackDefaults } from './pack-manifest.js';

/** What a caller may choose; null or absent leaves it to the model pack. */
export interface ChosenOptions {
  readonly preset?: PresetName | null | undefined;
  readonly rounds?: number | null | undefined;
  readonly zoom?: boolean | null | undefined;
  readonly minWidthCells?: number | null | undefined;
  readonly minAgreement?: number | null | undefined;
  readonly minPredictedIou?: number | null | undefined;
  readonly minStability?: number | null | undefined;
  readonly decoderBatch?: number | null | undefined;
}

/**
 * The algorithm's options for a model: what was chosen, else what its pack declares as best. Another preset than the
 * pack's comes with its own number of rounds; the thresholds stay the pack's, because they are about its IoU head.
 */
export function optionsFor(defaults: PackDefaults, chosen: ChosenOptions = {}): RefineOptions {
  const name = chosen.preset ?? defaults.preset;
  const preset = PRESETS[name];
  const rounds = name === defaults.preset ? defaults.rounds : preset.rounds;
  return {
    ...preset,
    rounds: chosen.rounds ?? rounds,
    zoom: chosen.zoom ?? defaults.zoom ?? false,
    decoderBatch: chosen.decoderBatch ?? preset.decoderBatch,
    accept: {
      ...preset.accept,
      minWidthCells: chosen.minWidthCells ?? defaults.minWidthCells ?? preset.accept.minWidthCells,
      minAgreement: chosen.minAgreement ?? defaults.minAgreement,
      minPredictedIou: chosen.minPredictedIou ?? defaults.minPredictedIou,
      minStability: chosen.minStability ?? defaults.minStability ?? preset.accept.minStability,
      dropStrayParts: defaults.dropStrayParts ?? preset.accept.dropStrayParts,
    },
  };
}

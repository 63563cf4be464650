import type { Config } from '../config.js';
import { type ChosenOptions, optionsFor } from '../onnx/options-for.js';
import type { RefineOptions } from '../refiner/options.js';
import type { ServedModel } from './models.js';

/**
 * The algorithm's options as the server is set up: what the settings choose, the rest as the model's pack declares.
 *
 * @param choice comes before the settings
 */
export function configuredOptions(
  config: Config,
  { defaults }: ServedModel,
  choice: ChosenOptions = {},
): RefineOptions {
  return optionsFor(defaults, { ...config, ...choice });
}

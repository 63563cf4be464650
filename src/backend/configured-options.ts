import type { Config } from '../config.js';
import { optionsFor } from '../onnx/options-for.js';
import type { RefineOptions } from '../refiner/options.js';
import type { ServedModel } from './models.js';

/** The algorithm's options as the server is set up: what the settings choose, the rest as the model's pack declares. */
export function configuredOptions(config: Config, { defaults }: ServedModel): RefineOptions {
  return optionsFor(defaults, config);
}

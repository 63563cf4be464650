import { optionsFor } from '../onnx/options-for.js';
import type { RefineOptions } from '../refiner/options.js';
import type { Services } from './services.js';

/** The algorithm's options as the server is set up: what the settings choose, the rest as the model's pack declares. */
export function configuredOptions({ config, modelDefaults }: Services): RefineOptions {
  return optionsFor(modelDefaults, config);
}

import type { ModelContract } from './model-contract.js';
import type { GraphPackManifest } from './pack-manifest.js';

/** The contract that a pack of ONNX files declares. */
export function graphPackContract({ input, encoder, decoder }: GraphPackManifest): ModelContract {
  const { outputs, features: tensor } = encoder;
  const [, channels = 0, height = 0, width = 0] =
    outputs.find((output) => output.tensor === tensor)?.shape ?? [];
  const features = { tensor, order: 'channels-first', channels, height, width } as const;
  return { input, encoder: { outputs, features }, decoder };
}

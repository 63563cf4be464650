import { RefinerError } from '../errors.js';
import type { Inference } from '../onnx/inference.js';
import type { PackDefaults } from '../onnx/pack-manifest.js';

/** A model that requests may choose. */
export interface ServedModel {
  /** Name of its pack's folder, by which it is chosen. */
  readonly name: string;
  readonly inference: Inference;
  /** Of its pack: what is learned with one fits no other. */
  readonly fingerprint: string;
  /** The options that serve the model best, where nobody chose otherwise. */
  readonly defaults: PackDefaults;
  /**
   * Throws NOT_READY as long as the model is not loaded, and starts loading it unless that has begun; the PACK_* or
   * other error of a model that was refused; DRAINING once it is closed.
   */
  readonly requireReady: () => void;
}

/** The models of a server: the default one and those that are served beside it. */
export interface Models {
  readonly default: ServedModel;
  /** The default one first. */
  readonly all: readonly ServedModel[];
  /** Throws PACK_UNKNOWN, with the names that there are, for a name that is not served, though it be installed. */
  readonly get: (name: string) => ServedModel;
}

export function createModels(first: ServedModel, others: readonly ServedModel[] = []): Models {
  const all = [first, ...others];
  return {
    default: first,
    all,
    get: (name) => {
      const model = all.find((served) => served.name === name);
      if (model) return model;
      throw new RefinerError('PACK_UNKNOWN', {
        expected: `one of ${all.map((served) => served.name).join(', ')}`,
        received: name.slice(0, 100),
      });
    },
  };
}

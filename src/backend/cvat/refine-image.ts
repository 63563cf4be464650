import type { RefineAnswer, ShapeRequest } from '../../onnx/inference.js';
import { configuredOptions } from '../configured-options.js';
import type { Services } from '../services.js';
import { decodeBase64Image } from './base64-image.js';
import type { FunctionCall } from './functions.js';

const MEBIBYTE = 1024 * 1024;

/** What every function does with the image of a call. */
export interface ImageRefiner {
  /** The bytes of the file that the call has in base64. Throws what `decodeBase64Image` throws. */
  decode(image: string): Promise<Uint8Array>;
  /** Throws what `Inference.refine` throws. */
  refine(image: Uint8Array, shapes: readonly ShapeRequest[], call: FunctionCall): Promise<RefineAnswer>;
}

/** With the adapter that the settings name: CVAT's calls do not say of which project they are. */
export function imageRefiner({ config, models, adapters }: Services): ImageRefiner {
  return {
    decode: (image) => decodeBase64Image(image, config.maxImageMb * MEBIBYTE),
    refine: async (image, shapes, { deadlineMs, signal }) => {
      const model =
        config.cvatAdapter === null
          ? models.default
          : await adapters.taught(config.cvatAdapter, models.default);
      const options = configuredOptions(config, model);
      return model.inference.refine(
        // CVAT has turned the image already and removed the tag (protocol note, section 2.4).
        { image, orientation: 'exif', shapes, options, lane: 'interactive' },
        { deadlineMs, signal },
      );
    },
  };
}

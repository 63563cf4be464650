import type { RefineAnswer, ShapeRequest } from '../../onnx/inference.js';
import { configuredOptions } from '../configured-options.js';
import type { Services } from '../services.js';
import { decodeBase64Image } from './base64-image.js';
import type { FunctionCall } from './functions.js';

const MEBIBYTE = 1024 * 1024;

/** Refines shapes of the image of a call, which is base64 of a file. */
export type ImageRefiner = (
  image: string,
  shapes: readonly ShapeRequest[],
  call: FunctionCall,
) => Promise<RefineAnswer>;

/** Throws what `decodeBase64Image` and `Inference.refine` throw. */
export function imageRefiner({ config, models }: Services): ImageRefiner {
  const options = configuredOptions(config, models.default);
  return async (image, shapes, { deadlineMs, signal }) =>
    models.default.inference.refine(
      {
        image: await decodeBase64Image(image, config.maxImageMb * MEBIBYTE),
        // CVAT has turned the image already and removed the tag (protocol note, section 2.4).
        orientation: 'exif',
        shapes,
        options,
        lane: 'interactive',
      },
      { deadlineMs, signal },
    );
}

import type { RefineAnswer, ShapeRequest } from '../../onnx/inference.js';
import { configuredOptions } from '../configured-options.js';
import type { ServedModel } from '../models.js';
import type { Services } from '../services.js';
import { cvatAdapterProject } from './adapter-project.js';
import { decodeBase64Image } from './base64-image.js';
import type { FunctionCall } from './functions.js';

const MEBIBYTE = 1024 * 1024;

/** What every function does with the image of a call. */
export interface ImageRefiner {
  /** The bytes of the file that the call has in base64. Throws what `decodeBase64Image` throws. */
  decode(image: string): Promise<Uint8Array>;
  /**
   * With what the project has taught, where it is known: CVAT's calls do not say. Otherwise, and where it has taught
   * nothing, with the adapter that the settings name. Throws what `Inference.refine` throws.
   */
  refine(
    image: Uint8Array,
    shapes: readonly ShapeRequest[],
    call: FunctionCall,
    project?: number,
  ): Promise<RefineAnswer>;
}

export function imageRefiner({ config, models, adapters }: Services): ImageRefiner {
  async function modelFor(project: number | undefined): Promise<ServedModel> {
    const first = models.default;
    const own = project === undefined ? first : await adapters.taught(cvatAdapterProject(project), first);
    return own === first && config.cvatAdapter !== null ? adapters.taught(config.cvatAdapter, first) : own;
  }
  return {
    decode: (image) => decodeBase64Image(image, config.maxImageMb * MEBIBYTE),
    refine: async (image, shapes, { deadlineMs, signal }, project) => {
      const model = await modelFor(project);
      const options = configuredOptions(config, model);
      return model.inference.refine(
        // CVAT has turned the image already and removed the tag (protocol note, section 2.4).
        { image, orientation: 'exif', shapes, options, lane: 'interactive' },
        { deadlineMs, signal },
      );
    },
  };
}

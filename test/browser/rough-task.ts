import { decodeBrushRle, encodeBrushRle } from '../../src/formats/label-studio-rle.js';
import type { Mask } from '../../src/refiner/types.js';
import type { Prediction, Result, Task } from './label-studio-task.js';
import { UPLOADED_IMAGE } from './label-studio-server.js';

/** A task whose image is the uploaded one, imported with rough regions as the prediction of another model. */
export function roughTask(result: readonly Result[]): Task & { readonly predictions: [Prediction] } {
  const rough = {
    id: 11,
    model_version: 'rough',
    score: null,
    created_at: '2026-01-01T00:00:00.000000Z',
    result,
  };
  return { id: 1, data: { image: UPLOADED_IMAGE }, annotations: [], predictions: [rough], drafts: [] };
}

export function brushResult(id: string, mask: Mask, label: string): Result {
  return {
    ...regionOf(id, mask, 'brush'),
    type: 'brushlabels',
    value: { format: 'rle', rle: [...encodeBrushRle(mask)], brushlabels: [label] },
  };
}

/** `points` in percent of the image. */
export function polygonResult(
  id: string,
  image: Mask,
  points: readonly (readonly [number, number])[],
  label: string,
): Result {
  return {
    ...regionOf(id, image, 'polygon'),
    type: 'polygonlabels',
    value: { points, closed: true, polygonlabels: [label] },
  };
}

function regionOf(
  id: string,
  { imageWidth, imageHeight }: Mask,
  name: string,
): Omit<Result, 'type' | 'value'> {
  return {
    id,
    from_name: name,
    to_name: 'image',
    original_width: imageWidth,
    original_height: imageHeight,
    image_rotation: 0,
  };
}

export function maskOf({ value, original_width: width, original_height: height }: Result): Mask {
  return decodeBrushRle(Uint8Array.from(value['rle'] as readonly number[]), width, height);
}

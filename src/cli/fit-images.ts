import { resolve } from 'node:path';
import { RefinerError } from '../errors.js';
import { listLabelledSets } from '../eval/dataset.js';
import type { FitImage } from '../fit/fit-image.js';
import { imagesOfSets } from '../fit/labelled-images.js';
import { imagesOfPairs } from '../fit/paired-images.js';
import { pairFiles } from './refine-files.js';

/**
 * The images of `--data`: sets with label maps, or, with `--masks`, image files paired with the mask files of another
 * folder. Throws MASK_NOT_READABLE when there are none, or when both folders are the same, because then any of the
 * files could be the mask of the other.
 */
export async function listFitImages(
  data: string,
  masks: string | undefined,
  maxPixels: number,
): Promise<readonly FitImage[]> {
  if (masks === undefined) return imagesOfSets(await listLabelledSets(data), maxPixels);
  if (resolve(data) === resolve(masks)) {
    throw new RefinerError('MASK_NOT_READABLE', {
      expected: 'images and masks in different folders',
      received: masks,
    });
  }
  return imagesOfPairs(await pairFiles(data, masks, ''), maxPixels);
}

import { decodeMaskImage } from '../../src/formats/mask-image.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';
import sharp from 'sharp';
import { readFixture } from './fixtures.js';

/** A real image with true and rough masks of some objects in it. */
export interface Micrograph {
  readonly image: Buffer;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly { readonly rough: Mask; readonly truth: Mask }[];
}

const SIZE = { width: 360, height: 360 } as const;
const OBJECTS = [22, 13, 12, 18, 15] as const;

export async function micrograph(): Promise<Micrograph> {
  const ids = await sharp(readFixture('micrograph/nuclei.png')).toColourspace('b-w').raw().toBuffer();
  const objects = await Promise.all(
    OBJECTS.map(async (object) => ({
      rough: await decodeMaskImage(readFixture(`micrograph/rough-${object}.png`), SIZE),
      truth: maskFromBitmap(
        ids.map((id) => (id === object ? 1 : 0)),
        SIZE.width,
        SIZE.height,
      ),
    })),
  );
  return { image: readFixture('micrograph/nuclei.jpg'), ...SIZE, objects };
}

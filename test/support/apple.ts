import { decodeMaskImage } from '../../src/formats/mask-image.js';
import type { Mask } from '../../src/refiner/types.js';
import { readFixture } from './fixtures.js';

/** The photograph of test/fixtures/photos with its masks. */
export interface Photograph {
  readonly width: number;
  readonly height: number;
  readonly jpeg: Buffer;
  readonly truth: Mask;
  readonly rough: Mask;
}

const SIZE = { width: 640, height: 409 };

export async function readApple(): Promise<Photograph> {
  const mask = (name: string): Promise<Mask> => decodeMaskImage(readFixture(`photos/${name}`), SIZE);
  return {
    ...SIZE,
    jpeg: readFixture('photos/apple.jpg'),
    truth: await mask('apple.true.png'),
    rough: await mask('apple.rough.png'),
  };
}

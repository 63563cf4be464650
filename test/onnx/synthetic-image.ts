import sharp from 'sharp';

import type { RefineRequest, ShapeRequest } from '../../src/onnx/inference.js';
import type { OutputForm } from '../../src/formats/rough-shape.js';
import { PRESETS } from '../../src/refiner/presets.js';

/** The size of `discImage`, unless another is asked for. */
export const DISC_IMAGE = { width: 320, height: 240 } as const;

/** The disc that is in it. */
export const DISC = {
  kind: 'ellipse',
  unit: 'pixel',
  x: 160,
  y: 120,
  radiusX: 60,
  radiusY: 60,
  rotationDegrees: 0,
} as const;

/** A rough guess at the disc. */
export const ROUGH_DISC = { ...DISC, x: 168, y: 112, radiusX: 70, radiusY: 62 } as const;

/** A PNG of a bright disc on a dark, textured ground; `seed` makes it another file. */
export async function discImage(seed: number, width = 320, height = 240): Promise<Uint8Array> {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const inside = Math.hypot(x - width / 2, y - height / 2) < height / 4;
      const texture = ((x * 7 + y * 13 + seed * 29) % 17) - 8;
      const colour = inside ? [210, 160, 60] : [40, 60, 90];
      for (let channel = 0; channel < 3; channel += 1) {
        pixels[(y * width + x) * 3 + channel] = (colour[channel] ?? 0) + texture;
      }
    }
  }
  return new Uint8Array(
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

/** A rough polygon around the disc, off by some pixels. */
export function roughDisc(
  output: OutputForm = { kind: 'coco-rle' },
  width = 320,
  height = 240,
): ShapeRequest {
  const ring: number[] = [];
  for (let corner = 0; corner < 8; corner += 1) {
    const angle = (corner * Math.PI) / 4;
    ring.push(
      width / 2 + 6 + (height / 4) * Math.cos(angle),
      height / 2 - 5 + (height / 4) * Math.sin(angle),
    );
  }
  const shape = { kind: 'polygon', unit: 'pixel', rings: [ring] } as const;
  return { shape, semantic: false, output, madeFor: null, returnKept: true };
}

export function requestFor(image: Uint8Array, changes: Partial<RefineRequest> = {}): RefineRequest {
  return {
    image,
    orientation: 'exif',
    shapes: [roughDisc()],
    options: { ...PRESETS.official, rounds: 1, decoderBatch: 4 },
    lane: 'interactive',
    ...changes,
  };
}

/** The same file with bytes behind its end, which no decoder reads but `faulty-worker` does. */
export function withFault(image: Uint8Array, fault: 'throw' | 'exit' | 'crash' | 'hang'): Uint8Array {
  return Buffer.concat([image, Buffer.from(`fault:${fault}`)]);
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { discImage } from '../onnx/synthetic-image.js';

export const SIZE = { width: 96, height: 72 };

/** Label map of `discImage` in this size: 1 the disc, 2 a corner, and the last row void. */
export async function discLabels(): Promise<Uint8Array> {
  const { width, height } = SIZE;
  const ids = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inDisc = Math.hypot(x - width / 2, y - height / 2) < height / 4;
      ids[y * width + x] = y === height - 1 ? 255 : inDisc ? 1 : x < 10 && y < 8 ? 2 : 0;
    }
  }
  return sharp(ids, { raw: { ...SIZE, channels: 1 } })
    .png()
    .toBuffer();
}

/** White where the disc is, moved to the right. */
export async function discMask(offsetPx = 0): Promise<Uint8Array> {
  const { width, height } = SIZE;
  const pixels = new Uint8Array(width * height);
  pixels.forEach((_, i) => {
    const [x, y] = [(i % width) - offsetPx, Math.floor(i / width)];
    pixels[i] = Math.hypot(x - width / 2, y - height / 2) < height / 4 ? 255 : 0;
  });
  return sharp(pixels, { raw: { ...SIZE, channels: 1 } })
    .png()
    .toBuffer();
}

/** A set of `count` images with label maps, the first with a coarse mask of its disc. */
export async function writeDiscSet(folder: string, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => `disc-${i}`);
  const items = ids.map((id, i) =>
    i === 0 ? { id, coarse: [{ object: 1, file: `${id}.coarse.1.png` }] } : { id },
  );
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.json'), JSON.stringify({ set: 'discs', items }));
  await writeFile(join(folder, 'disc-0.coarse.1.png'), await discMask(4));
  for (const [i, id] of ids.entries()) {
    await writeFile(join(folder, `${id}.jpg`), await discImage(i, SIZE.width, SIZE.height));
    await writeFile(join(folder, `${id}.png`), await discLabels());
  }
}

import sharp from 'sharp';
import { encodeBrushRle } from '../src/formats/label-studio-rle.js';
import { maskFromBitmap } from '../src/refiner/mask.js';

export const TASKS = 50;
export const MASKS_PER_TASK = 5;
const CONFIG =
  '<View><BrushLabels name="brush" toName="image"><Label value="Thing"/></BrushLabels>' +
  '<Image name="image" value="$image"/></View>';

interface Picture {
  readonly file: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Where the discs lie, as shares of the picture's sides. */
const DISCS = Array.from({ length: MASKS_PER_TASK }, (_, index) => ({
  x: (index + 0.5) / MASKS_PER_TASK,
  y: 0.3 + 0.4 * (index % 2),
}));

function inDisc(
  index: number,
  x: number,
  y: number,
  { width, height }: Omit<Picture, 'file'>,
  scale = 1,
): boolean {
  const disc = DISCS[index];
  if (!disc) return false;
  return Math.hypot(x - disc.x * width, y - disc.y * height) < (0.4 * scale * width) / MASKS_PER_TASK;
}

/** Discs on a textured ground; `seed` makes it another picture. */
async function drawnPicture(seed: number): Promise<Picture> {
  const size = { width: 640, height: 480 };
  const pixels = Buffer.alloc(size.width * size.height * 3);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const bright = DISCS.some((_, index) => inDisc(index, x, y, size)) ? 150 : 20;
      for (let c = 0; c < 3; c++)
        pixels[(y * size.width + x) * 3 + c] = bright + 30 * c + ((x * (7 + seed) + y * 13) % 97) / 4;
    }
  }
  return {
    ...size,
    file: await sharp(pixels, { raw: { ...size, channels: 3 } })
      .jpeg()
      .toBuffer(),
  };
}

/** The photograph as another file for every seed: cropped by a pixel column each. */
async function photograph(path: string, seed: number): Promise<Picture> {
  const { width, height } = await sharp(path).autoOrient().metadata();
  const size = { width: width - seed, height };
  const pixels = sharp(path)
    .autoOrient()
    .extract({ left: seed, top: 0, ...size });
  return { ...size, file: await pixels.jpeg().toBuffer() };
}

/** Each disc a tenth too large. */
function roughRegion(index: number, { width, height }: Picture): object {
  const bitmap = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (inDisc(index, x, y, { width, height }, 1.1)) bitmap[y * width + x] = 1;
    }
  }
  const rle = [...encodeBrushRle(maskFromBitmap(bitmap, width, height))];
  return {
    id: `region-${index}`,
    type: 'brushlabels',
    from_name: 'brush',
    to_name: 'image',
    original_width: width,
    original_height: height,
    image_rotation: 0,
    value: { format: 'rle', rle, brushlabels: ['Thing'] },
  };
}

/** The body of a `/predict` call with a rough prediction in every task; each has a picture of its own. */
export async function batchBody(paths: readonly string[]): Promise<string> {
  const tasks: object[] = [];
  for (let id = 0; id < TASKS; id++) {
    const path = paths[id % paths.length];
    const picture = path === undefined ? await drawnPicture(id) : await photograph(path, id);
    const result = DISCS.map((_, index) => roughRegion(index, picture));
    const image = `data:image/jpeg;base64,${picture.file.toString('base64')}`;
    tasks.push({
      id,
      data: { image },
      annotations: [],
      predictions: [{ id, model_version: 'rough', result }],
    });
  }
  return JSON.stringify({ tasks, project: '1.0', label_config: CONFIG, params: { context: null } });
}

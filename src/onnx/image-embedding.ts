import type { Box, Size } from '../refiner/types.js';
import { cropImage } from './crop-image.js';
import { decodeImage, readImageSize, requirePixels } from './decode-image.js';
import type { EmbeddingCache } from './embedding-cache.js';
import type { Orientation, RefineRequest, ShapeRequest } from './inference.js';
import type { Embedding, Model } from './model.js';
import type { RgbImage } from './rgb-image.js';
import type { StageClock } from './stage-clock.js';

/** An image as the model sees it, or a part of one, and how its file is turned. */
export interface EncodedImage {
  readonly embedding: Embedding;
  /** Whether the EXIF orientation swaps width and height, so that the displayed and the stored frame differ. */
  readonly swapsSides: boolean;
  readonly bytes: number;
}

/** The image of one request: its content hash, and its bytes if they turn out to be needed. */
export interface ImageSource {
  readonly imageKey: string;
  readBytes(signal: AbortSignal): Promise<Uint8Array>;
}

export interface EncodeContext {
  readonly model: Model;
  readonly cache: EmbeddingCache<EncodedImage>;
  readonly maxPixels: number;
  readonly clock: StageClock;
  readonly signal: AbortSignal;
}

/** Which frame of the image is meant, and who waits for it. */
export interface FrameWish extends Pick<RefineRequest, 'orientation' | 'lane'> {
  readonly shapes: readonly Pick<ShapeRequest, 'madeFor'>[];
}

/** An image of which nothing is decoded or encoded before it is asked for. */
export interface OpenedImage {
  readonly size: Size;
  readonly orientation: Orientation;
  /** Whether all that was asked for so far was in the cache. */
  readonly cached: boolean;
  /**
   * The embedding of the whole image (null) or of a part of it, from the cache if it is there. The file is decoded once
   * for all of them. Throws the IMAGE_* codes of `decodeImage`, or the signal's reason. What was encoded stays cached
   * even if the request is then aborted; of parts only those that somebody may soon click on again, because batch work
   * with many would drive all else out.
   */
  embedding(view: Box | null): Promise<Embedding>;
}

/** Opens an image in the frame that the request asks for. Throws IMAGE_* codes, or the signal's reason. */
export async function openImage(
  image: ImageSource,
  request: FrameWish,
  context: EncodeContext,
): Promise<OpenedImage> {
  const { model, cache, maxPixels, clock, signal } = context;
  const sizes = sizesOfCached(image.imageKey, cache) ?? (await readSizes(image, context));
  const orientation = chooseOrientation(request, sizes);
  const size = orientation === 'exif' ? sizes.displayed : sizes.stored;
  requirePixels(size, maxPixels);
  let pixels: RgbImage | null = null;
  let cached = true;

  async function decode(): Promise<RgbImage> {
    const bytes = await clock.during('wait', () => image.readBytes(signal));
    signal.throwIfAborted();
    return clock.during('imageDecode', () => decodeImage(bytes, { orientation, maxPixels }));
  }

  async function encode(key: string, view: Box | null): Promise<Embedding> {
    cached = false;
    const whole = (pixels ??= await decode());
    signal.throwIfAborted();
    const seen = view === null ? whole : cropImage(whole, view);
    const embedding = await clock.during('encode', () => model.encode(seen));
    if (view === null || request.lane === 'interactive') {
      cache.put(key, { embedding, swapsSides: sizes.swapsSides, bytes: embedding.bytes });
    }
    signal.throwIfAborted();
    return embedding;
  }

  return {
    size,
    orientation,
    get cached() {
      return cached;
    },
    async embedding(view) {
      const key = cacheKey(image.imageKey, orientation, view);
      return cache.get(key)?.embedding ?? (await encode(key, view));
    },
  };
}

/** The key under which the embedding of an image, or of a part of it, is cached. */
export function cacheKey(imageKey: string, orientation: Orientation, view: Box | null = null): string {
  const part = view === null ? '' : `:${view.x0},${view.y0},${view.x1},${view.y1}`;
  return `${imageKey}:${orientation}${part}`;
}

/** The image that a cached embedding is of. */
export function imageKeyIn(key: string): string {
  return key.slice(0, key.indexOf(':'));
}

interface ImageSizes {
  readonly stored: Size;
  readonly displayed: Size;
  readonly swapsSides: boolean;
}

/**
 * `match` takes the stored frame only if every shape that names the image size it was made for names the displayed
 * size with width and height swapped, and the file's EXIF orientation does swap them.
 */
function chooseOrientation(
  { orientation, shapes }: FrameWish,
  { displayed, swapsSides }: ImageSizes,
): Orientation {
  if (orientation !== 'match') return orientation;
  const sizes = shapes.flatMap(({ madeFor }) => (madeFor === null ? [] : [madeFor]));
  const swapped = (size: Size): boolean =>
    size.width === displayed.height && size.height === displayed.width && size.width !== size.height;
  return sizes.length > 0 && swapsSides && sizes.every(swapped) ? 'stored' : 'exif';
}

async function readSizes(image: ImageSource, { clock, signal }: EncodeContext): Promise<ImageSizes> {
  const bytes = await clock.during('wait', () => image.readBytes(signal));
  const { stored, displayed, exifOrientation } = await readImageSize(bytes);
  return { stored, displayed, swapsSides: exifOrientation >= 5 };
}

/** Known without the file when the whole image is in the cache, in either frame. */
function sizesOfCached(imageKey: string, cache: EmbeddingCache<EncodedImage>): ImageSizes | null {
  for (const orientation of ['exif', 'stored'] as const) {
    const kept = cache.get(cacheKey(imageKey, orientation));
    if (kept === null) continue;
    const { imageWidth: width, imageHeight: height } = kept.embedding.frame;
    const { swapsSides } = kept;
    const own = { width, height };
    const other = swapsSides ? { width: height, height: width } : own;
    return orientation === 'exif'
      ? { displayed: own, stored: other, swapsSides }
      : { displayed: other, stored: own, swapsSides };
  }
  return null;
}

import type { Size } from '../refiner/types.js';
import { decodeImage, readImageSize } from './decode-image.js';
import type { EmbeddingCache } from './embedding-cache.js';
import type { Orientation, RefineRequest, ShapeRequest } from './inference.js';
import type { Embedding, Model } from './model.js';
import type { StageClock } from './stage-clock.js';

/** An image as the model sees it, and how its file is turned. */
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

/** Which frame of the image is meant. */
export interface FrameWish extends Pick<RefineRequest, 'orientation'> {
  readonly shapes: readonly Pick<ShapeRequest, 'madeFor'>[];
}

export interface FoundImage {
  readonly embedding: Embedding;
  readonly orientation: Orientation;
  readonly cached: boolean;
}

/**
 * The embedding of an image in the frame that the request asks for, from the cache if it is there. Throws the IMAGE_*
 * codes of `decodeImage`, or the signal's reason. An image that was encoded stays cached even if the request is then
 * aborted.
 */
export async function findEmbedding(
  image: ImageSource,
  request: FrameWish,
  context: EncodeContext,
): Promise<FoundImage> {
  const orientation = await chooseOrientation(image, request, context);
  const key = cacheKey(image.imageKey, orientation);
  const kept = context.cache.get(key);
  if (kept !== null) return { embedding: kept.embedding, orientation, cached: true };
  const embedding = await encode(image, orientation, key, context);
  return { embedding, orientation, cached: false };
}

/** The key under which the embedding of an image is cached. */
export function cacheKey(imageKey: string, orientation: Orientation): string {
  return `${imageKey}:${orientation}`;
}

async function encode(
  image: ImageSource,
  orientation: Orientation,
  key: string,
  { model, cache, maxPixels, clock, signal }: EncodeContext,
): Promise<Embedding> {
  const bytes = await clock.during('wait', () => image.readBytes(signal));
  signal.throwIfAborted();
  const pixels = await clock.during('imageDecode', () => decodeImage(bytes, { orientation, maxPixels }));
  signal.throwIfAborted();
  const embedding = await clock.during('encode', () => model.encode(pixels));
  const swapsSides = swapsSidesOf(await readImageSize(bytes));
  cache.put(key, { embedding, swapsSides, bytes: embedding.bytes });
  signal.throwIfAborted();
  return embedding;
}

/**
 * `match` takes the stored frame only if every shape that names the image size it was made for names the displayed
 * size with width and height swapped, and the file's EXIF orientation does swap them.
 */
async function chooseOrientation(
  image: ImageSource,
  { orientation, shapes }: FrameWish,
  { cache, clock, signal }: EncodeContext,
): Promise<Orientation> {
  if (orientation !== 'match') return orientation;
  const sizes = shapes.flatMap(({ madeFor }) => (madeFor === null ? [] : [madeFor]));
  if (sizes.length === 0) return 'exif';
  const { displayed, swapsSides } =
    sizesOfCached(image.imageKey, cache) ??
    (await readSizes(await clock.during('wait', () => image.readBytes(signal))));
  const swapped = (size: Size): boolean =>
    size.width === displayed.height && size.height === displayed.width && size.width !== size.height;
  return swapsSides && sizes.every(swapped) ? 'stored' : 'exif';
}

interface ImageSizes {
  readonly displayed: Size;
  readonly swapsSides: boolean;
}

async function readSizes(bytes: Uint8Array): Promise<ImageSizes> {
  const header = await readImageSize(bytes);
  return { displayed: header.displayed, swapsSides: swapsSidesOf(header) };
}

function swapsSidesOf({ exifOrientation }: { readonly exifOrientation: number }): boolean {
  return exifOrientation >= 5;
}

function sizesOfCached(imageKey: string, cache: EmbeddingCache<EncodedImage>): ImageSizes | null {
  const shown = cache.get(cacheKey(imageKey, 'exif'));
  if (shown !== null) return { displayed: sizeOf(shown), swapsSides: shown.swapsSides };
  const stored = cache.get(cacheKey(imageKey, 'stored'));
  if (stored === null) return null;
  const { width, height } = sizeOf(stored);
  return {
    displayed: stored.swapsSides ? { width: height, height: width } : { width, height },
    swapsSides: stored.swapsSides,
  };
}

function sizeOf({ embedding }: EncodedImage): Size {
  return { width: embedding.frame.imageWidth, height: embedding.frame.imageHeight };
}

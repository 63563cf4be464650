import { imageKeyOf } from '../../onnx/image-key.js';
import type { RefineRequest, ShapeRequest } from '../../onnx/inference.js';
import { contentHash } from './content-hash.js';

/** Shapes of a request whose outcomes depend on each other, by their places in it, and the key of those outcomes. */
export interface ResultUnit {
  readonly places: readonly number[];
  readonly key: string;
}

export interface ResultKeys {
  /** Of the image, for this program and model. */
  readonly file: string;
  /** Every shape is in one of them. */
  readonly units: readonly ResultUnit[];
}

/**
 * Keys under which the outcomes of a request are kept: hashes of everything that they depend on, and of nothing else.
 * The lane and the size of the decoder's batches never change a result.
 *
 * @param maker What makes the results, program and model.
 */
export async function resultKeysOf(request: RefineRequest, maker: readonly string[]): Promise<ResultKeys> {
  const { orientation, options } = request;
  const common = await contentHash([orientation, { ...options, decoderBatch: undefined }]);
  const units: ResultUnit[] = [];
  for (const places of groupsOf(request)) {
    const shapes = places.map((place) => request.shapes[place]);
    units.push({ places, key: await contentHash([common, shapes]) });
  }
  return { file: await contentHash([...maker, await imageKeyOf(request.image)]), units };
}

/**
 * Each shape decides for itself, with two exceptions. Semantic masks share out the pixels that several claim. And where
 * the image's frame has to match shapes of different origins, all of them choose it together.
 */
function groupsOf({ orientation, shapes }: RefineRequest): readonly (readonly number[])[] {
  const places = shapes.map((_, place) => place);
  if (orientation === 'match' && new Set(shapes.map(frameOf)).size > 1) return [places];
  const semantic = places.filter((place) => shapes[place]?.semantic === true);
  const others = places.filter((place) => shapes[place]?.semantic !== true).map((place) => [place]);
  return semantic.length > 0 ? [semantic, ...others] : others;
}

function frameOf({ madeFor }: ShapeRequest): string {
  return madeFor === null ? '' : `${madeFor.width}×${madeFor.height}`;
}

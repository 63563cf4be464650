import type { InferenceSession } from 'onnxruntime-node';
import type { Decoder } from '../refiner/engine.js';
import { frameOf } from '../refiner/frame.js';
import { declaredDecoder, declaredEncoder } from './declared-graphs.js';
import { type Embedding, embeddingOf } from './embedding.js';
import { encoderTensor } from './encoder-tensor.js';
import { openGraph } from './graph.js';
import { graphSourcesOf } from './graph-sources.js';
import type { ModelContract } from './model-contract.js';
import { modelVersionOf } from './model-version.js';
import { onnxDecoder } from './onnx-decoder.js';
import type { Pack } from './pack.js';
import type { RgbImage } from './rgb-image.js';

export type { Embedding } from './embedding.js';

/** An open model. Its work blocks the thread that asks for it while onnxruntime computes (see `openGraph`). */
export interface Model {
  readonly pack: Pack;
  /** As `modelVersionOf` says. */
  readonly version: string;
  /** What an IoU adapter must fit: the numbers entering the last layer of the IoU head, and the IoUs it predicts. */
  readonly iouHead: { readonly features: number; readonly outputs: number };
  /** Encodes an image, once for all of its masks. */
  encode(image: RgbImage): Promise<Embedding>;
  /** The decoder of an image that this model encoded. Cheap; one for each piece of work. */
  decoderFor(embedding: Embedding): Decoder;
  /** Frees the sessions; nothing may run then or later. */
  close(): Promise<void>;
}

/**
 * Opens the encoder and the decoder of a pack with `threads` threads each, 0 for one a core. Throws PACK_FILE_DAMAGED
 * for a graph that cannot be loaded, PACK_MISMATCH for one that is not what the pack declares, and what
 * `graphSourcesOf` throws.
 */
export async function openModel(pack: Pack, { threads }: { readonly threads: number }): Promise<Model> {
  const { contract, encode, decode } = await openGraphs(pack, threads);
  const { input, encoder, decoder } = contract;
  const names = encoder.outputs.map(({ tensor }) => tensor);
  return {
    pack,
    version: modelVersionOf(pack),
    iouHead: { features: decoder.iouFeatureCount, outputs: decoder.candidateCount },
    async encode(image) {
      const frame = frameOf(image, input.size, decoder.maskSize);
      const feeds = { [input.tensor]: encoderTensor(image, frame, input) };
      return embeddingOf(await encode.run(feeds, names), encoder, frame);
    },
    decoderFor: (embedding) => onnxDecoder(embedding, decode, contract),
    async close() {
      await encode.release();
      await decode.release();
    },
  };
}

interface OpenGraphs {
  readonly contract: ModelContract;
  readonly encode: InferenceSession;
  readonly decode: InferenceSession;
}

/** Apart from `openModel`, so that the bytes of graphs made in memory are not kept as long as the model. */
async function openGraphs(pack: Pack, threads: number): Promise<OpenGraphs> {
  const { contract, encoder, decoder } = await graphSourcesOf(pack);
  const encode = await openGraph(encoder, declaredEncoder(contract), threads);
  try {
    return { contract, encode, decode: await openGraph(decoder, declaredDecoder(contract), threads) };
  } catch (error) {
    await encode.release();
    throw error;
  }
}

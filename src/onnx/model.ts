import { join } from 'node:path';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Decoder } from '../refiner/engine.js';
import { frameOf } from '../refiner/frame.js';
import { declaredDecoder, declaredEncoder } from './declared-graphs.js';
import { type Embedding, embeddingOf } from './embedding.js';
import { openGraph } from './graph.js';
import { modelVersionOf } from './model-version.js';
import { onnxDecoder } from './onnx-decoder.js';
import type { Pack } from './pack.js';
import { encoderInput } from './preprocess.js';
import type { RgbImage } from './rgb-image.js';

export type { Embedding } from './embedding.js';

/** An open model. Its work blocks the thread that asks for it while onnxruntime computes (see `openGraph`). */
export interface Model {
  readonly pack: Pack;
  /** As `modelVersionOf` says. */
  readonly version: string;
  /** Encodes an image, once for all of its masks. */
  encode(image: RgbImage): Promise<Embedding>;
  /** The decoder of an image that this model encoded. Cheap; one for each piece of work. */
  decoderFor(embedding: Embedding): Decoder;
  /** Frees the sessions; nothing may run then or later. */
  close(): Promise<void>;
}

/**
 * Opens the encoder and the decoder of a pack with `threads` threads each, 0 for one a core. Throws PACK_FILE_DAMAGED
 * for a graph that cannot be loaded, PACK_MISMATCH for one that is not what the pack declares.
 */
export async function openModel(pack: Pack, { threads }: { readonly threads: number }): Promise<Model> {
  const { directory, manifest } = pack;
  const { encoder, decoder, input } = manifest;
  const encode = await openGraph(
    join(directory, encoder.file),
    encoder.file,
    declaredEncoder(manifest),
    threads,
  );
  const decode = await openGraph(
    join(directory, decoder.file),
    decoder.file,
    declaredDecoder(manifest),
    threads,
  ).catch(async (error: unknown) => {
    await encode.release();
    throw error;
  });

  return {
    pack,
    version: modelVersionOf(pack),
    async encode(image) {
      const frame = frameOf(image, input.size, decoder.maskSize);
      const tensor = new Tensor('float32', encoderInput(image, frame, input), [1, 3, input.size, input.size]);
      const names = encoder.outputs.map((output) => output.tensor);
      return embeddingOf(await encode.run({ [input.tensor]: tensor }, names), encoder, frame);
    },
    decoderFor: (embedding) => onnxDecoder(embedding, decode, manifest),
    close: () => release([encode, decode]),
  };
}

async function release(sessions: readonly InferenceSession[]): Promise<void> {
  for (const session of sessions) await session.release();
}

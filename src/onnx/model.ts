import type { InferenceSession } from 'onnxruntime-node';
import type { Decoder } from '../refiner/engine.js';
import { frameOf } from '../refiner/frame.js';
import { declaredDecoder, declaredEncoder } from './declared-graphs.js';
import { type Embedding, embeddingOf } from './embedding.js';
import { encoderTensor } from './encoder-tensor.js';
import { type Execution, type ProviderInUse, withProvider } from './execution.js';
import { openGraph, type SessionPlace } from './graph.js';
import { type GraphSources, graphSourcesOf } from './graph-sources.js';
import type { ModelContract } from './model-contract.js';
import { modelVersionOf } from './model-version.js';
import { onnxDecoder } from './onnx-decoder.js';
import type { Pack } from './pack.js';
import type { RgbImage } from './rgb-image.js';
import { tryModel } from './try-model.js';

export type { Embedding } from './embedding.js';

/** An open model. Its work blocks the thread that asks for it while onnxruntime computes (see `openGraph`). */
export interface Model {
  readonly pack: Pack;
  /** As `modelVersionOf` says. */
  readonly version: string;
  /** What it runs on, which is not always what was asked for. */
  readonly inUse: ProviderInUse;
  /** What an IoU adapter must fit: the numbers entering the last layer of the IoU head, and the IoUs it predicts. */
  readonly iouHead: { readonly features: number; readonly outputs: number };
  /** Longest side to which images are scaled before they are encoded, in pixels. */
  readonly inputSize: number;
  /** Cells of the model's mask along that side. */
  readonly maskSize: number;
  /** Encodes an image, once for all of its masks. */
  encode(image: RgbImage): Promise<Embedding>;
  /** The decoder of an image that this model encoded. Cheap; one for each piece of work. */
  decoderFor(embedding: Embedding): Decoder;
  /** Frees the sessions; nothing may run then or later. */
  close(): Promise<void>;
}

/**
 * Opens the encoder and the decoder of a pack, both with the same provider: the first of the device that opens them and
 * stands a trial. Throws PACK_FILE_DAMAGED for a graph that cannot be loaded, PACK_MISMATCH for one that is not what the
 * pack declares, and what `graphSourcesOf` throws.
 */
export async function openModel(pack: Pack, execution: Execution): Promise<Model> {
  const { opened, inUse } = await openGraphs(pack, execution);
  return modelOf(opened, { pack, version: modelVersionOf(pack, execution.precision), inUse });
}

interface OpenGraphs {
  readonly contract: ModelContract;
  readonly encode: InferenceSession;
  readonly decode: InferenceSession;
}

/** Apart from `openModel`, so that the bytes of graphs made in memory are not kept as long as the model. */
async function openGraphs(
  pack: Pack,
  { threads, precision, device = 'cpu' }: Execution,
): Promise<{ readonly opened: OpenGraphs; readonly inUse: ProviderInUse }> {
  const sources = await graphSourcesOf(pack, precision);
  return withProvider(device, async (provider) => {
    const graphs = await openSessions(sources, { threads, provider });
    try {
      // A graphics card may take a graph and yet fail to run it; the CPU needs no trial.
      if (provider !== 'cpu') await tryModel(sessionsOf(graphs));
      return graphs;
    } catch (error) {
      await release(graphs);
      throw error;
    }
  });
}

async function openSessions(
  { contract, encoder, decoder }: GraphSources,
  place: SessionPlace,
): Promise<OpenGraphs> {
  const encode = await openGraph(encoder, declaredEncoder(contract), place);
  try {
    return { contract, encode, decode: await openGraph(decoder, declaredDecoder(contract), place) };
  } catch (error) {
    await encode.release();
    throw error;
  }
}

async function release({ encode, decode }: OpenGraphs): Promise<void> {
  await encode.release();
  await decode.release();
}

function sessionsOf({
  contract,
  encode,
  decode,
}: OpenGraphs): Pick<Model, 'inputSize' | 'maskSize' | 'encode' | 'decoderFor'> {
  const { input, encoder, decoder } = contract;
  const names = encoder.outputs.map(({ tensor, encoderName }) => encoderName ?? tensor);
  return {
    inputSize: input.size,
    maskSize: decoder.maskSize,
    async encode(image) {
      const frame = frameOf(image, input.size, decoder.maskSize);
      const feeds = { [input.tensor]: encoderTensor(image, frame, input) };
      return embeddingOf(await encode.run(feeds, names), encoder, frame);
    },
    decoderFor: (embedding) => onnxDecoder(embedding, decode, contract),
  };
}

function modelOf(graphs: OpenGraphs, facts: Pick<Model, 'pack' | 'version' | 'inUse'>): Model {
  const { iouFeatureCount, candidateCount } = graphs.contract.decoder;
  return {
    ...facts,
    iouHead: { features: iouFeatureCount, outputs: candidateCount },
    ...sessionsOf(graphs),
    close: () => release(graphs),
  };
}

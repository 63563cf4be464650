import { InferenceSession } from 'onnxruntime-node';
import { RefinerError } from '../errors.js';
import { EXPORT_NAMES } from './edit/refining-decoder.js';
import type { EncoderForm, ExportDecoder, ExportEncoder } from './pack-manifest.js';

type Ends = readonly InferenceSession.ValueMetadata[];

/** What the user says of an encoder that takes planes: its metadata do not show it. */
export type StatedInput = 'normalised' | 'raw';

/** Image pixels a side of a position of the embedding, in every SAM. */
const PATCH = 16;

/** Reads from a refining decoder what its manifest says of it. Throws ONNX_INVALID, ONNX_UNSUPPORTED. */
export async function describeDecoder(
  model: Uint8Array,
): Promise<Pick<ExportDecoder, 'maskSize' | 'pointLabelsType'> & { readonly embedding: readonly number[] }> {
  const { inputs } = await endsOf(model, 'the decoder');
  const [, channels, height, width] = shapeOf(inputs, EXPORT_NAMES.embedding);
  const [, , maskSize] = shapeOf(inputs, EXPORT_NAMES.maskInput);
  const labels = inputs.find(({ name }) => name === EXPORT_NAMES.pointLabels);
  const type = labels?.isTensor === true ? labels.type : 'no tensor';
  if (typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') {
    throw unsupported('the decoder', `${EXPORT_NAMES.embedding} of a fixed shape`, describeEnds(inputs));
  }
  if (typeof maskSize !== 'number' || (type !== 'float32' && type !== 'int64')) {
    throw unsupported(
      'the decoder',
      'mask_input of a fixed shape, point_labels of float32 or int64',
      describeEnds(inputs),
    );
  }
  return { embedding: [1, channels, height, width], maskSize, pointLabelsType: type };
}

/**
 * Reads from an encoder how it takes images and what it calls the embedding. Exporters differ: pixels `[height, width, 3]`
 * (samexporter with --use-preprocess) are always raw; planes `[1, 3, size, size]` are normalised in some and raw in
 * others, so `stated` must say. Throws ONNX_INVALID, ONNX_UNSUPPORTED with what was expected.
 */
export async function describeEncoder(
  path: string,
  embedding: readonly number[],
  stated: StatedInput | null,
): Promise<Pick<ExportEncoder, 'input' | 'output'>> {
  const { inputs, outputs } = await endsOf(path, 'the encoder');
  const fitting = outputs.filter((output) => isFloat(output, embedding));
  const [output] = fitting;
  if (output === undefined || fitting.length > 1) {
    const expected = `one float32 output [${embedding.join(', ')}], as the decoder takes it`;
    throw unsupported('the encoder', expected, describeEnds(outputs));
  }
  return {
    input: describeInput(inputs, (embedding[2] ?? 0) * PATCH, stated),
    output: { tensor: output.name, shape: embedding },
  };
}

function describeInput(inputs: Ends, framed: number, stated: StatedInput | null): ExportEncoder['input'] {
  const [input, ...more] = inputs;
  if (input === undefined || more.length > 0 || !input.isTensor) throw noImage(inputs);
  const { name: tensor, shape } = input;
  if (input.type === 'float32' && shape.length === 3 && shape[2] === 3) {
    if (typeof shape[0] === 'number' || typeof shape[1] === 'number') throw noImage(inputs);
    return { tensor, form: 'raw-pixels', size: framed };
  }
  const size = shape[2];
  if (!isFloat(input, [1, 3, null, null]) || typeof size !== 'number' || size !== shape[3])
    throw noImage(inputs);
  if (stated === null) {
    throw unsupported(
      'the encoder',
      'with such an input --encoder-input normalised (SAM’s image encoder exported as it is) or raw (0–255, normalised in the graph)',
      describeEnds(inputs),
    );
  }
  const form: EncoderForm = stated === 'raw' ? 'raw-planes' : 'normalised-planes';
  return { tensor, form, size };
}

function noImage(inputs: Ends): RefinerError {
  const expected =
    'one input: float32 [1, 3, size, size], or float32 [height, width, 3] with any height and width';
  return unsupported('the encoder', expected, describeEnds(inputs));
}

/** Null stands for any side; a side without a number in the graph fits every one. */
function isFloat(end: InferenceSession.ValueMetadata, shape: readonly (number | null)[]): boolean {
  if (!end.isTensor || end.type !== 'float32' || end.shape.length !== shape.length) return false;
  return shape.every((side, i) => side === null || typeof end.shape[i] === 'string' || end.shape[i] === side);
}

function shapeOf(ends: Ends, name: string): readonly (number | string)[] {
  const found = ends.find((end) => end.name === name);
  return found?.isTensor === true ? found.shape : [];
}

async function endsOf(
  graph: string | Uint8Array,
  where: string,
): Promise<{ readonly inputs: Ends; readonly outputs: Ends }> {
  const options = { graphOptimizationLevel: 'disabled', logSeverityLevel: 3, intraOpNumThreads: 1 } as const;
  try {
    // One call for each form: the declarations of `create` have an overload a form and none for both.
    const session = await (typeof graph === 'string'
      ? InferenceSession.create(graph, options)
      : InferenceSession.create(graph, options));
    const { inputMetadata: inputs, outputMetadata: outputs } = session;
    await session.release();
    return { inputs, outputs };
  } catch (cause) {
    const received = cause instanceof Error ? cause.message.slice(0, 300) : 'a graph that cannot be loaded';
    throw new RefinerError('ONNX_INVALID', { where, expected: 'an ONNX graph', received }, { cause });
  }
}

function describeEnds(ends: Ends): string {
  return ends
    .slice(0, 8)
    .map((end) =>
      end.isTensor ? `${end.name} ${end.type} [${end.shape.join(', ')}]` : `${end.name}, no tensor`,
    )
    .join('; ');
}

function unsupported(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('ONNX_UNSUPPORTED', { where, expected, received: received.slice(0, 600) });
}

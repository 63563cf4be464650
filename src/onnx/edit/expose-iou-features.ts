import { RefinerError } from '../../errors.js';
import { ONNX_TYPE } from '../graph/onnx-types.js';
import { ProtobufWriter } from '../graph/protobuf-writer.js';
import { findIouHead } from './iou-head.js';
import { type OnnxGraph, readOnnxGraph } from './onnx-graph.js';
import { messageOf } from './protobuf-reader.js';

/** A decoder that also gives what its IoU adapter is trained on. */
export interface ExposedDecoder {
  readonly model: Uint8Array;
  /** Name of the added output, float32 [prompts, iouFeatureCount]. */
  readonly iouFeatures: string;
  readonly iouFeatureCount: number;
  readonly candidateCount: number;
}

/** Names of SAM's own export (scripts/export_onnx_model.py). */
const INPUTS = ['image_embeddings', 'point_coords', 'point_labels', 'mask_input', 'has_mask_input'];
const OUTPUTS = ['low_res_masks', 'iou_predictions'];

/**
 * Adds the input of the IoU head's last layer as an output to a public ONNX export of SAM's decoder, by editing its bytes:
 * nothing else of it changes. Throws ONNX_INVALID for damaged files, and ONNX_UNSUPPORTED with the reason for decoders
 * that cannot refine masks, such as those that take no mask.
 */
export function exposeIouFeatures(model: Uint8Array): ExposedDecoder {
  const graph = readOnnxGraph(model);
  refuseWithout('an input', INPUTS, graph.inputs);
  refuseWithout('an output', OUTPUTS, graph.outputs);
  const { features, width, candidates } = findIouHead(graph, 'iou_predictions');
  const name = unused(graph, 'iou_features');
  const shape = unused(graph, 'iou_features_shape');
  const additions = new ProtobufWriter()
    .message(1, reshapeNode(features, shape, name))
    .message(5, shapeConstant(shape, [-1, width]))
    .message(12, output(name, width))
    .finish();
  return {
    model: withGraphExtended(model, graph, additions),
    iouFeatures: name,
    iouFeatureCount: width,
    candidateCount: candidates,
  };
}

function refuseWithout(what: string, needed: readonly string[], present: readonly string[]): void {
  const missing = needed.find((name) => !present.includes(name));
  if (missing === undefined) return;
  const reason = missing === 'mask_input' ? ' (rough masks are refined through it)' : '';
  throw new RefinerError('ONNX_UNSUPPORTED', {
    expected: `${what} ${missing}, as in SAM's own export${reason}`,
    received: present.slice(0, 8).join(', '),
  });
}

/** Repeated fields may be continued anywhere, so new parts go to the graph's end; only its length changes. */
function withGraphExtended(model: Uint8Array, { field }: OnnxGraph, additions: Uint8Array): Uint8Array {
  const extended = new ProtobufWriter().bytes(field.number, Buffer.concat([messageOf(field), additions]));
  return Buffer.concat([model.subarray(0, field.start), extended.finish(), model.subarray(field.end)]);
}

function reshapeNode(input: string, shape: string, name: string): ProtobufWriter {
  return new ProtobufWriter().string(1, input).string(1, shape).string(2, name).string(4, 'Reshape');
}

function shapeConstant(name: string, values: readonly number[]): ProtobufWriter {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return new ProtobufWriter()
    .integer(1, values.length)
    .integer(2, ONNX_TYPE.int64)
    .string(8, name)
    .bytes(9, bytes);
}

function output(name: string, width: number): ProtobufWriter {
  const shape = new ProtobufWriter()
    .message(1, new ProtobufWriter().string(2, 'prompts'))
    .message(1, new ProtobufWriter().integer(1, width));
  const tensor = new ProtobufWriter().integer(1, ONNX_TYPE.float32).message(2, shape);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor));
}

/** A name that no tensor of the graph has. */
function unused({ inputs, outputs, nodes, initializers }: OnnxGraph, name: string): string {
  const used = new Set([
    ...inputs,
    ...outputs,
    ...initializers.keys(),
    ...nodes.flatMap((node) => node.outputs),
  ]);
  let free = name;
  for (let number = 2; used.has(free); number++) free = `${name}_${number}`;
  return free;
}

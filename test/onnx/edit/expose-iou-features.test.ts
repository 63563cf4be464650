import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type ErrorCode, RefinerError } from '../../../src/errors.js';
import { exposeIouFeatures } from '../../../src/onnx/edit/expose-iou-features.js';
import { readOnnxGraph } from '../../../src/onnx/edit/onnx-graph.js';
import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';
import { ProtobufWriter } from '../../../src/onnx/graph/protobuf-writer.js';
import { smallDecoder, WIDTH } from './small-decoder.js';

const FEEDS = {
  image_embeddings: new Tensor('float32', Float32Array.of(1, -1, 2), [1, WIDTH]),
  point_coords: new Tensor('float32', new Float32Array(2), [1, 1, 2]),
  point_labels: new Tensor('float32', new Float32Array(1), [1, 1]),
  mask_input: new Tensor('float32', new Float32Array(4), [1, 1, 2, 2]),
  has_mask_input: new Tensor('float32', new Float32Array(1), [1]),
};

function refusal(model: Uint8Array, code: ErrorCode): string {
  try {
    exposeIouFeatures(model);
  } catch (error) {
    assert.ok(error instanceof RefinerError, String(error));
    assert.equal(error.code, code);
    return error.message;
  }
  assert.fail('was accepted');
}

for (const options of [
  { lastLayer: 'Gemm' },
  { lastLayer: 'MatMul' },
  { lastLayer: 'Gemm', then: 'Squeeze' },
] as const) {
  test(`the features before a last layer of ${Object.values(options).join(' and ')} become an output`, async () => {
    const { model, ...facts } = exposeIouFeatures(smallDecoder(options));
    assert.deepEqual(facts, { iouFeatures: 'iou_features', iouFeatureCount: WIDTH, candidateCount: 2 });
    const session = await InferenceSession.create(model);
    assert.deepEqual(session.outputNames, ['iou_predictions', 'low_res_masks', 'iou_features']);
    const result = await session.run(FEEDS);
    assert.deepEqual(result['iou_features']?.dims, [1, WIDTH]);
    assert.deepEqual([...(result['iou_features'].data as Float32Array)], [1, 0, 2]);
    assert.deepEqual([...(result['iou_predictions']?.data as Float32Array)], [21, 34]);
    await session.release();
  });
}

test('a name that the graph uses already is not used again', () => {
  const once = exposeIouFeatures(smallDecoder()).model;
  assert.equal(exposeIouFeatures(once).iouFeatures, 'iou_features_2');
});

test('what is not an export of SAM’s decoder is refused with the reason', () => {
  for (const [without, reason] of [
    ['mask_input', /an input mask_input.*rough masks are refined through it/],
    ['has_mask_input', /an input has_mask_input/],
    ['low_res_masks', /an output low_res_masks/],
    ['iou_predictions', /an output iou_predictions/],
  ] as const) {
    assert.match(refusal(smallDecoder({ without: [without] }), 'ONNX_UNSUPPORTED'), reason);
  }
});

test('an IoU that is selected or made otherwise is refused with the operator that made it', () => {
  for (const [options, reason] of [
    [{ then: 'Gather' }, /the result of Gather/],
    [{ then: 'loop' }, /the tensor iou_predictions/],
    [{ lastLayer: 'weights as an input' }, /Gemm without a constant matrix/],
  ] as const) {
    assert.match(refusal(smallDecoder(options), 'ONNX_UNSUPPORTED'), reason);
  }
});

test('a model without a graph, or with two, is refused', () => {
  assert.match(refusal(new Uint8Array(), 'ONNX_INVALID'), /0 graphs/);
  const two = Buffer.concat([new GraphBuilder().finish('a'), new GraphBuilder().finish('b')]);
  assert.match(refusal(two, 'ONNX_INVALID'), /2 graphs/);
});

test('hostile messages are refused, not followed', () => {
  const graph = (content: Uint8Array): Uint8Array => new ProtobufWriter().bytes(7, content).finish();
  for (const [model, reason] of [
    [Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f), /length of 4294967295/],
    [Uint8Array.of(0x3a, ...Array<number>(9).fill(0xff), 0x01), /at most 0 bytes/],
    [new Uint8Array(20).fill(0xff), /longer/],
    [Uint8Array.of(0x3b), /wire type/],
    [Uint8Array.of(0x00), /field number/],
    [Uint8Array.of(0x38, 0x01), /bytes in field 7/],
    [graph(new ProtobufWriter().integer(1, 5).finish()), /bytes in field 1/],
    [
      graph(new ProtobufWriter().message(11, new ProtobufWriter().bytes(1, Uint8Array.of(0xff))).finish()),
      /UTF-8/,
    ],
  ] as const) {
    assert.match(refusal(model, 'ONNX_INVALID'), reason);
  }
});

test('a file that was cut off is refused', () => {
  const model = smallDecoder();
  const { end } = readOnnxGraph(model).field;
  for (let length = 0; length < end; length++) refusal(model.subarray(0, length), 'ONNX_INVALID');
});

test('a node with very many attributes and integers is read in one pass', () => {
  const attribute = new ProtobufWriter().string(1, 'axis');
  for (let index = 0; index < 100_000; index++) attribute.integer(3, 1);
  const graph = new ProtobufWriter().message(1, new ProtobufWriter().string(4, 'Neg').message(5, attribute));
  const model = new ProtobufWriter().message(7, graph).finish();
  const start = performance.now();
  refusal(model, 'ONNX_UNSUPPORTED');
  assert.ok(performance.now() - start < 5000);
});

test('whatever bytes are changed, the answer is a model or an error of the catalogue', () => {
  const model = smallDecoder();
  const changes = fc.array(fc.tuple(fc.nat(model.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, (list) => {
      const changed = Uint8Array.from(model);
      for (const [index, byte] of list) changed[index] = byte;
      try {
        exposeIouFeatures(changed);
      } catch (error) {
        assert.ok(error instanceof RefinerError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

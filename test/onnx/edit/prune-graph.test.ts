import assert from 'node:assert/strict';
import test from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readOnnxGraph } from '../../../src/onnx/edit/onnx-graph.js';
import { pruneGraph } from '../../../src/onnx/edit/prune-graph.js';
import { refiningDecoder } from '../../../src/onnx/edit/refining-decoder.js';
import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';
import { ProtobufWriter } from '../../../src/onnx/graph/protobuf-writer.js';
import { refusedWith } from '../../support/refusals.js';
import { smallExport } from '../small-export.js';
import { smallDecoder } from './small-decoder.js';

test('what only a dropped output needs goes, the rest gives the same numbers', async () => {
  const graph = new GraphBuilder();
  const a = graph.input('a', 'float32', [2]);
  const b = graph.input('b', 'float32', [2]);
  const shared = graph.node('Neg', [a]);
  graph.node('Add', [shared, graph.constant([2], Float32Array.of(1, 2))], {}, { as: 'kept' });
  const lost = graph.node('Mul', [shared, b]);
  graph.node('Add', [lost, graph.constant([2], Float32Array.of(3, 4))], {}, { as: 'dropped' });
  graph.output('kept', 'float32', [2]);
  graph.output('dropped', 'float32', [2]);

  const pruned = pruneGraph(graph.finish('two ends'), ['kept']);
  const { inputs, outputs, nodes, initializers } = readOnnxGraph(pruned);
  assert.deepEqual(
    [inputs, outputs, nodes.map(({ operator }) => operator)],
    [['a'], ['kept'], ['Neg', 'Add']],
  );
  assert.equal(initializers.size, 1);
  const session = await InferenceSession.create(pruned);
  const result = await session.run({ a: new Tensor('float32', Float32Array.of(5, 6), [2]) });
  assert.deepEqual([...(result['kept']?.data as Float32Array)], [-4, -4]);
  await session.release();
});

/** A node with a branch within branches, the innermost of which reads `outer`. */
function nested(depth: number): ProtobufWriter {
  const node = new ProtobufWriter();
  if (depth === 0) return node.string(1, 'outer').string(2, 'inner').string(4, 'Neg');
  const branch = new ProtobufWriter().message(1, nested(depth - 1));
  return node
    .string(2, `out${depth}`)
    .string(4, 'If')
    .message(5, new ProtobufWriter().string(1, 'then_branch').message(6, branch));
}

test('what a branch takes from outside stays, and branches without end are refused', () => {
  const model = (depth: number): Uint8Array => {
    const maker = new ProtobufWriter().string(1, 'x').string(2, 'outer').string(4, 'Neg');
    const graph = new ProtobufWriter().message(1, maker).message(1, nested(depth));
    for (const name of ['x', 'y']) graph.message(11, new ProtobufWriter().string(1, name));
    return new ProtobufWriter().message(7, graph).finish();
  };
  const { nodes, inputs } = readOnnxGraph(pruneGraph(model(3), ['out3']));
  assert.deepEqual([nodes.map(({ operator }) => operator), inputs], [['Neg', 'If'], ['x']]);
  assert.throws(
    () => pruneGraph(model(40), ['out40']),
    refusedWith('ONNX_UNSUPPORTED', { expected: /within/ }),
  );
});

test('of the official export the masks in image size and their input go', async () => {
  const model = await smallExport('decoder');
  const before = readOnnxGraph(model);
  const { model: refining, iouFeatureCount, candidateCount } = refiningDecoder(model);
  const after = readOnnxGraph(refining);
  assert.ok(before.inputs.includes('orig_im_size') && before.outputs.includes('masks'));
  assert.deepEqual(
    after.inputs,
    before.inputs.filter((name) => name !== 'orig_im_size'),
  );
  assert.deepEqual(after.outputs, ['iou_predictions', 'low_res_masks', 'iou_features']);
  assert.ok(after.nodes.length < before.nodes.length);
  assert.ok(!after.nodes.some(({ operator }) => operator === 'Resize'));
  assert.deepEqual([iouFeatureCount, candidateCount], [12, 4]);
});

test('a decoder whose masks do not depend on a prompt is refused', () => {
  assert.throws(
    () => refiningDecoder(smallDecoder()),
    refusedWith('ONNX_UNSUPPORTED', { expected: /depend on point_coords/ }),
  );
});

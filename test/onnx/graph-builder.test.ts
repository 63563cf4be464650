import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../../src/onnx/graph/graph-builder.js';

test('a written graph is opened and computed by onnxruntime', async () => {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['rows', 2]);
  const scaled = graph.node('Mul', [x, graph.scalar(2)]);
  const weight = graph.constant([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  const y = graph.node('MatMul', [scaled, weight], {}, { as: 'y' });
  graph.output(y, 'float32', ['rows', 3]);
  const [left, right] = graph.split(y, 1, [1, 2]);
  assert.ok(left && right);
  graph.node('Softmax', [right], { axis: -1 }, { as: 'z' });
  graph.output('z', 'float32', ['rows', 2]);

  const session = await InferenceSession.create(graph.finish('small'));
  const result = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2), [1, 2]) });
  assert.deepEqual([...(result['y']?.data as Float32Array)], [18, 24, 30]);
  const z = [...(result['z']?.data as Float32Array)];
  assert.ok(Math.abs((z[0] ?? 0) + (z[1] ?? 0) - 1) < 1e-6);
  await session.release();
});

test('a weight stays in its own file and is read from there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'external-'));
  try {
    await writeFile(join(folder, 'weights.bin'), Buffer.from(Float32Array.of(9, 9, 10, 20).buffer));
    const graph = new GraphBuilder();
    const weight = graph.external([2], { file: 'weights.bin', offset: 8, bytes: 8 });
    graph.node('Add', [graph.input('x', 'float32', [2]), weight], {}, { as: 'y' });
    graph.output('y', 'float32', [2]);
    const session = await InferenceSession.create(graph.finish('external'), {
      extra: { session: { model_external_initializers_file_folder_path: folder } },
    });
    const result = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2), [2]) });
    assert.deepEqual([...(result['y']?.data as Float32Array)], [11, 22]);
    await session.release();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the same graph gives the same bytes', () => {
  const build = (): Uint8Array => {
    const graph = new GraphBuilder();
    graph.node('Reshape', [graph.input('x', 'float32', [4]), graph.integers(2, -2)], {}, { as: 'y' });
    graph.output('y', 'float32', [2, 2]);
    return graph.finish('same');
  };
  assert.deepEqual(build(), build());
});

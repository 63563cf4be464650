import assert from 'node:assert/strict';
import test from 'node:test';
import { Checkpoint } from '../../../src/onnx/checkpoint/checkpoint.js';
import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';
import { add } from '../../../src/onnx/graph/ops.js';
import { weight } from '../../../src/onnx/graph/weights.js';
import { tensorOf } from './decoder-vectors.js';
import { openModel } from './model-vectors.js';

test('weights of every floating type are float32 in the graph, whole or in part', async () => {
  const checkpoint = await Checkpoint.open('test/golden/checkpoint/plain.pth');
  try {
    for (const [name, shape, start] of [
      ['encoder.weight', [3, 4], 0],
      ['encoder.weight', [2, 3], 6],
      ['half', [5], 1],
      ['brain', [5], 0],
      ['brain', [2], 3],
      ['double', [4], 0],
      ['double', [1, 2], 2],
    ] as const) {
      const graph = new GraphBuilder();
      const sum = add(graph, await weight(graph, checkpoint, name, shape, start), graph.scalar(0));
      graph.output(sum, 'float32', shape);
      const session = await openModel(graph.finish(name), checkpoint);
      const expected = (await checkpoint.readFloat32(name)).slice(
        start,
        start + shape.reduce<number>((a, b) => a * b, 1),
      );
      const actual = tensorOf(await session.run({}), sum).data as Float32Array;
      // −0 + 0 is 0
      assert.deepEqual([...actual], [...expected.map((value) => value + 0)], `${name} from ${start}`);
      await session.release();
    }
  } finally {
    await checkpoint.close();
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { resizeBilinear } from '../../src/onnx/resize.js';
import type { RgbImage } from '../../src/onnx/rgb-image.js';

interface Vectors {
  readonly madeWith: string;
  readonly cases: readonly { readonly source: Encoded; readonly target: Encoded }[];
}

interface Encoded {
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
}

const vectors = JSON.parse(readFileSync('test/golden/resize/vectors.json', 'utf8')) as Vectors;

function decoded({ width, height, rgb }: Encoded): RgbImage {
  return { width, height, data: new Uint8Array(Buffer.from(rgb, 'base64')) };
}

for (const { source, target } of vectors.cases) {
  const name = `${source.width} × ${source.height} to ${target.width} × ${target.height}`;
  test(`${name} is to the bit what ${vectors.madeWith} makes of it`, () => {
    assert.deepEqual(resizeBilinear(decoded(source), target), decoded(target));
  });
}

test('an image that has the size already is handed back as it is', () => {
  const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) };
  assert.equal(resizeBilinear(image, { width: 3, height: 2 }), image);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { findRegions } from '../../../src/backend/label-studio/region.js';

const COMMON = { original_width: 40, original_height: 30, image_rotation: 0, to_name: 'image' };
const RLE = { format: 'rle', rle: [1, 2, 3] };

test('results of one id are one region, whose shape is the result with the fitting type', () => {
  const regions = findRegions([
    { ...COMMON, id: 'a', type: 'choices', from_name: 'quality', value: { ...RLE, choices: ['bad'] } },
    { ...COMMON, id: 'a', type: 'keypointlabels', from_name: 'kp', value: { ...RLE, keypointlabels: ['K'] } },
    { ...COMMON, id: 'a', type: 'brushlabels', from_name: 'brush', value: { ...RLE, brushlabels: ['Ball'] } },
  ]);
  assert.equal(regions.length, 1);
  const [region] = regions;
  assert.equal(region?.fromName, 'brush');
  assert.deepEqual(region.members, [0, 1, 2]);
  assert.deepEqual(region.labels, ['Ball']);
});

test('in the split form the labels come from the companion', () => {
  const [region] = findRegions([
    { ...COMMON, id: 's', type: 'rectangle', from_name: 'box', value: { x: 1, y: 2, width: 3, height: 4 } },
    {
      ...COMMON,
      id: 's',
      type: 'labels',
      from_name: 'names',
      value: { x: 1, y: 2, width: 3, height: 4, labels: ['Ball'] },
    },
  ]);
  assert.equal(region?.labelled, false);
  assert.deepEqual(region.labels, ['Ball']);
  assert.deepEqual(region.members, [0, 1]);
});

test('relations, classifications, key points, vectors and damaged results are not regions', () => {
  const results = [
    { type: 'relation', from_id: 'a', to_id: 'b', direction: 'right' },
    { id: 'g', type: 'choices', from_name: 'scene', to_name: 'image', value: { choices: ['indoor'] } },
    {
      ...COMMON,
      id: 'k',
      type: 'keypointlabels',
      from_name: 'kp',
      value: { x: 1, y: 2, width: 1, keypointlabels: ['K'] },
    },
    { ...COMMON, id: 'v', type: 'vectorlabels', from_name: 'vec', value: { vertices: [], closed: true } },
    { ...COMMON, id: 'n', type: 'brushlabels', from_name: 'brush', value: null },
    { ...COMMON, id: 'm', type: 'brushlabels', from_name: 'brush', value: { brushlabels: ['Ball'] } },
    { id: 'f', type: 'brushlabels', value: RLE },
    null,
    'text',
    [],
  ];
  assert.deepEqual(findRegions(results), []);
});

test('results without an id stand alone, and the page is taken from item_index', () => {
  const box = {
    ...COMMON,
    type: 'rectanglelabels',
    from_name: 'box',
    value: { x: 1, y: 2, width: 3, height: 4 },
  };
  const regions = findRegions([box, { ...box, item_index: 2 }]);
  assert.deepEqual(
    regions.map(({ id, members, page }) => [id, members, page]),
    [
      [null, [0], 0],
      [null, [1], 2],
    ],
  );
});

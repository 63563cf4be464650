import assert from 'node:assert/strict';
import fc from 'fast-check';
import test from 'node:test';
import { findRegions, type Region } from '../../../src/backend/label-studio/region.js';
import type { OutputTarget } from '../../../src/backend/label-studio/output-target.js';
import {
  newRegionId,
  replaceRegions,
  type RefinedRegion,
} from '../../../src/backend/label-studio/write-region.js';

const FRAME = { original_width: 40, original_height: 30, image_rotation: 0, to_name: 'image' };
const BOX = { x: 10, y: 20, width: 30, height: 40, rotation: 5 };
const IMAGE = { width: 40, height: 30 };

const boxShape = {
  ...FRAME,
  id: 'old',
  from_name: 'box',
  type: 'rectanglelabels',
  origin: 'manual',
  meta: { text: ['note'] },
  readonly: false,
  value: { ...BOX, rectanglelabels: ['Ball'] },
};

function only(results: readonly unknown[]): Region {
  const [region] = findRegions(results);
  assert.ok(region);
  return region;
}

function asBrush(region: Region, target: Partial<OutputTarget> = {}): RefinedRegion {
  return {
    region,
    target: {
      kind: 'brush',
      labelled: true,
      fromName: 'brush',
      labelsControl: null,
      changesType: true,
      ...target,
    },
    geometry: { format: 'rle', rle: [7, 7] },
    note: { score: 0.8, text: 'SAMRefiner: fine' },
    image: IMAGE,
    id: 'new-id-of-16-char',
  };
}

test('a box that becomes a mask changes id, type and control, and its labels move to the new type', () => {
  const results = [boxShape];
  assert.deepEqual(replaceRegions(results, [asBrush(only(results))]), [
    {
      ...FRAME,
      id: 'new-id-of-16-char',
      from_name: 'brush',
      type: 'brushlabels',
      origin: 'prediction',
      meta: { text: ['note', 'SAMRefiner: fine'] },
      readonly: false,
      score: 0.8,
      value: { format: 'rle', rle: [7, 7], brushlabels: ['Ball'] },
    },
  ]);
});

test('companions repeat the new shape, and relations and children follow the new id', () => {
  const results = [
    {
      ...FRAME,
      id: 'old',
      from_name: 'quality',
      type: 'choices',
      origin: 'manual',
      value: { ...BOX, choices: ['bad'] },
    },
    boxShape,
    { ...boxShape, id: 'child', parentID: 'old' },
    { type: 'relation', from_id: 'old', to_id: 'child', direction: 'right', labels: ['part of'] },
    { type: 'relation', from_id: 'child', to_id: 'old', direction: 'left' },
  ];
  const [choice, , child, relation, back] = replaceRegions(results, [asBrush(only(results))]);
  assert.deepEqual(choice, {
    ...FRAME,
    id: 'new-id-of-16-char',
    from_name: 'quality',
    type: 'choices',
    origin: 'prediction',
    value: { format: 'rle', rle: [7, 7], choices: ['bad'] },
  });
  assert.deepEqual(child, { ...boxShape, id: 'child', parentID: 'new-id-of-16-char' });
  assert.deepEqual(relation, { ...results[3], from_id: 'new-id-of-16-char' });
  assert.deepEqual(back, { ...results[4], to_id: 'new-id-of-16-char' });
});

test('a labelled box in a configuration of the split form gets its labels in a result of their own', () => {
  const results = [boxShape];
  const refined = asBrush(only(results), { labelled: false, fromName: 'bare', labelsControl: 'names' });
  const [shape, labels] = replaceRegions(results, [refined]) as readonly Record<string, unknown>[];
  assert.deepEqual([shape?.['type'], shape?.['from_name']], ['brush', 'bare']);
  assert.deepEqual(shape?.['value'], { format: 'rle', rle: [7, 7] });
  assert.deepEqual(
    [labels?.['type'], labels?.['from_name'], labels?.['id']],
    ['labels', 'names', shape['id']],
  );
  assert.deepEqual(labels?.['value'], { format: 'rle', rle: [7, 7], labels: ['Ball'] });
});

test('a region that gave no size gets that of the image when it becomes a mask, as masks need it', () => {
  const { id, from_name, to_name, type, value } = boxShape;
  const bare = { id, from_name, to_name, type, value };
  const [shape] = replaceRegions([bare], [asBrush(only([bare]))]) as readonly Record<string, unknown>[];
  assert.deepEqual([shape?.['original_width'], shape?.['original_height']], [40, 30]);
});

test('whatever is not refined is the very same object, in the same place', () => {
  const anyResult = fc.oneof(
    fc.jsonValue(),
    fc.record({
      id: fc.constantFrom('x', 'y', 'old'),
      type: fc.constantFrom('choices', 'relation', 'textarea'),
      value: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
  );
  fc.assert(
    fc.property(fc.array(anyResult), fc.array(anyResult), (before, after) => {
      const results = [...before, boxShape, ...after];
      const region = only([boxShape]);
      const members = results.flatMap((result, place) => (isOld(result) ? [place] : []));
      const replaced = replaceRegions(results, [asBrush({ ...region, members })]);
      assert.equal(replaced.length, results.length);
      results.forEach((result, place) => {
        if (!members.includes(place)) assert.equal(replaced[place], result);
      });
    }),
  );
});

test('companions keep everything but the geometry', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc
          .string()
          .filter((key) => !(key in BOX) && key !== 'format' && key !== 'rle' && key !== '__proto__'),
        fc.jsonValue(),
      ),
      (said) => {
        const companion = {
          ...FRAME,
          id: 'old',
          from_name: 'note',
          type: 'textarea',
          value: { ...BOX, ...said },
        };
        const results = [boxShape, companion];
        const [, kept] = replaceRegions(results, [asBrush(only(results))]) as readonly Record<
          string,
          unknown
        >[];
        assert.deepEqual(kept?.['value'], { format: 'rle', rle: [7, 7], ...said });
      },
    ),
  );
});

test('a new id is long, depends on every part of its origin and on nothing else', () => {
  const origin = { project: '7', task: '102', source: 'predictions/502', region: 'a', modelVersion: 'm-1' };
  const id = newRegionId(origin);
  assert.match(id, /^[\w-]{16}$/);
  assert.equal(newRegionId({ ...origin }), id);
  for (const key of Object.keys(origin)) assert.notEqual(newRegionId({ ...origin, [key]: 'other' }), id, key);
  assert.notEqual(newRegionId({ ...origin, project: '71', task: '02' }), id);
});

function isOld(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'id' in result && result.id === 'old';
}

test('a kept region loses nothing: its shape, its own score and companions stay, and a note is added', () => {
  const note = { score: 0.1, text: 'SAMRefiner: kept, it is empty' };
  const choice = { ...boxShape, from_name: 'quality', type: 'choices', value: { ...BOX, choices: ['bad'] } };
  const words = { ...FRAME, id: 'old', from_name: 'words', type: 'textarea', value: { ...BOX, text: ['a'] } };
  const relation = { type: 'relation', from_id: 'old', to_id: 'old' };
  for (const own of [0.9, 0, null, undefined]) {
    const results = [{ ...boxShape, score: own }, choice, words, relation];
    assert.deepEqual(replaceRegions(results, [], [{ region: only(results), note }]), [
      { ...boxShape, score: own ?? 0.1, meta: { text: ['note', note.text] } },
      { ...choice, meta: { text: ['note', note.text] } },
      words,
      relation,
    ]);
  }
});

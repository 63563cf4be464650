import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeCvatMask, encodeCvatMask } from '../../src/formats/cvat-mask.js';
import { drawPolygon } from '../../src/formats/draw-polygon.js';
import { iou } from '../../src/refiner/metrics.js';
import type { Mask } from '../../src/refiner/types.js';
import { type CvatPage, openCvatPage, type PageShape } from './open-cvat-page.js';

const APPLE = { id: 31, name: 'apple', type: 'any' };
const OTHER = { id: 32, name: 'other', type: 'any' };
const BOXED = { id: 33, name: 'boxed', type: 'rectangle' };
const LABELS = [APPLE, OTHER, BOXED];

const ATTRIBUTES = [{ spec_id: 41, value: 'red' }];
/** Its runs do not fill its box. */
const DAMAGED = [0, 5, 10, 10, 20, 20];
/** Clicked hastily around the apple. */
const HASTY = [333, 180, 397, 123, 544, 123, 595, 245, 512, 368, 371, 352];

test('in CVAT’s page', async (context) => {
  const cvat = await openCvatPage(context);
  const { photograph, server, call } = cvat;
  const { truth, rough } = photograph;
  const size = { width: photograph.width, height: photograph.height };
  const roughIou = iou(rough, truth);

  const mask = (id: number, frame: number, label = APPLE): PageShape => ({
    ...{ id, frame, label_id: label.id, type: 'mask', points: encodeCvatMask(rough) },
    ...{ group: 3, source: 'auto', attributes: ATTRIBUTES, elements: [] },
  });
  const box = (id: number, label: typeof APPLE): PageShape => {
    const { x0, y0, x1, y1 } = truth.box;
    return { ...mask(id, 0, label), type: 'rectangle', points: [x0 - 14, y0 - 9, x1 + 11, y1 + 12] };
  };
  const drawn = ({ type, points }: PageShape): Mask =>
    type === 'mask'
      ? decodeCvatMask(points, size)
      : drawPolygon({ kind: 'polygon', unit: 'pixel', rings: [points] }, size);
  const openWith = (...shapes: readonly PageShape[]): Promise<void> => cvat.open(LABELS, shapes);

  function assertRefined(shape: PageShape | undefined, like: PageShape): void {
    assert.ok(shape);
    assert.equal(shape.type, like.type);
    assert.ok(iou(drawn(shape), truth) > Math.min(iou(drawn(like), truth), roughIou) + 0.05);
    assert.equal(shape.source, 'semi-auto');
    const { frame, label_id: label, attributes } = shape;
    assert.deepEqual([frame, label, attributes], [like.frame, like.label_id, like.attributes]);
  }

  await context.test('the action is registered once, for shapes that can be refined', async () => {
    const track = { ...mask(3, 0), isTrack: true };
    await openWith(mask(1, 0), { ...mask(2, 0), type: 'ellipse', points: [30, 30, 50, 20] }, track);
    assert.deepEqual(await call('actions'), ['SAMRefiner: refine']);
    assert.deepEqual(await call('isApplicable', [0, 1, 2]), [true, false, false]);
  });

  await context.test('one object is refined, undone, refined again, and stored only when saved', async () => {
    const [first, second] = [mask(1, 0), mask(2, 0)];
    await openWith(first, second);
    const before = await cvat.shapes();
    assert.equal(await cvat.run({ place: 0 }), null);
    const after = await cvat.shapes();
    assert.equal(after.length, 2);
    assert.deepEqual(after[0], before[1], 'the other one is as it was');
    assertRefined(after[1], first);
    assert.equal(server.calls.at(-1)?.shapes.length, 1);

    await call('undo');
    assert.deepEqual(await cvat.shapes(), before);
    assert.equal(await call('undoSteps'), 0);
    assert.equal(server.saved.length, 0);

    assert.equal(await cvat.run({ place: 0 }), null);
    await call('save', before);
    assert.deepEqual(
      server.saved.map(({ action, shapes }) => [action, shapes.length]),
      [
        ['delete', 1],
        ['create', 1],
      ],
    );
  });

  await context.test(
    'a range of frames is refined where label and type fit, as one step of undo',
    async () => {
      const outline = { ...mask(2, 0), type: 'polygon', points: HASTY };
      const ellipse = { ...mask(3, 1), type: 'ellipse', points: [30, 30, 50, 20] };
      await openWith(mask(1, 0), outline, ellipse, mask(4, 1, OTHER), mask(5, 1), mask(6, 2));
      const [before, callsBefore] = [await cvat.shapes(), server.calls.length];
      assert.equal(await cvat.run({ from: 0, to: 1, labels: [APPLE.id] }), null);
      const after = await cvat.shapes();
      assert.deepEqual(after.slice(0, 3), [before[2], before[3], before[5]], 'left alone');
      assertRefined(after[3], mask(1, 0));
      assertRefined(after[4], outline);
      assertRefined(after[5], mask(5, 1));
      assert.equal(after.length, 6);
      assert.equal(server.calls.length - callsBefore, 2, 'one call for each frame');
      const progress = (await call('progress')) as readonly (readonly [string, number])[];
      assert.ok(progress.some(([message]) => message === 'SAMRefiner: frame 0, object 1 of 2'));
      assert.ok(progress.every(([, percent]) => percent >= 0 && percent <= 100));
      await call('undo');
      assert.deepEqual(await cvat.shapes(), before);
    },
  );

  await context.test('cancelling ends at once and changes nothing', async () => {
    await openWith(mask(1, 0), mask(2, 1), mask(3, 2));
    const [before, callsBefore] = [await cvat.shapes(), server.calls.length];
    const held = server.hold();
    try {
      const ended = cvat.run({ from: 0, to: 2 });
      await untilCalled(cvat, callsBefore + 1);
      await call('cancel');
      assert.equal(await ended, null);
    } finally {
      held.release();
    }
    assert.deepEqual(await cvat.shapes(), before);
    assert.equal(server.calls.length, callsBefore + 1);
    assert.equal(await cvat.page.getByRole('status').count(), 0);
  });

  await context.test(
    'a refusal of the function is shown in its words, and nothing is changed or stored',
    async () => {
      await openWith({ ...mask(1, 0), points: DAMAGED });
      const [before, savedBefore] = [await cvat.shapes(), server.saved.length];
      assert.match((await cvat.run({ place: 0 })) ?? '', /^SAMRefiner: The shape cannot be drawn\./);
      assert.deepEqual(await cvat.shapes(), before);
      assert.equal(await call('undoSteps'), 0);
      assert.equal(server.saved.length, savedBefore);
    },
  );

  await context.test(
    'a frame that is refused keeps its objects, and costs the other frames nothing',
    async () => {
      await openWith({ ...mask(1, 0), points: DAMAGED }, mask(2, 1), mask(3, 2));
      const [damaged] = await cvat.shapes();
      assert.equal(await cvat.run({ from: 0, to: 2 }), null);
      const after = await cvat.shapes();
      assert.deepEqual(after[0], damaged);
      assertRefined(after[1], mask(2, 1));
      assertRefined(after[2], mask(3, 2));
      const notice = (await cvat.page.getByRole('status').textContent()) ?? '';
      assert.match(notice, /^SAMRefiner: 2 refined, 1 unchanged\. The shape cannot be drawn/);
    },
  );

  await context.test(
    'a server that is busy is asked again; one that fails ends it, keeping what is refined',
    async () => {
      await openWith(mask(1, 0), mask(2, 1), mask(3, 2));
      server.failOnce(503);
      assert.equal(await cvat.run({ place: 0 }), null);
      assertRefined((await cvat.shapes())[2], mask(1, 0));

      const [second, third] = await cvat.shapes();
      server.failOnce(500);
      const callsBefore = server.calls.length;
      assert.equal(await cvat.run({ from: 1, to: 2 }), 'SAMRefiner: failing');
      assert.equal(server.calls.length, callsBefore + 1, 'the next frame was not asked about');
      assert.deepEqual((await cvat.shapes()).slice(0, 2), [second, third]);

      server.failOnce(500, 1);
      assert.equal(await cvat.run({ from: 1, to: 2 }), null);
      const after = await cvat.shapes();
      assert.deepEqual(after[0], third);
      assertRefined(after[2], mask(2, 1));
      const notice = await cvat.page.getByRole('status').textContent();
      assert.equal(notice, 'SAMRefiner: 1 refined, 1 unchanged. failing');
    },
  );

  await context.test('boxes become masks, fit the object, or stay', async () => {
    const wide = box(1, APPLE);
    await openWith(wide, box(2, BOXED));
    assert.equal(await cvat.run({ place: 0 }), null);
    const [ofBoxLabel, made] = await cvat.shapes();
    assert.ok(made);
    assert.equal(made.type, 'mask');
    assert.ok(iou(drawn(made), truth) > 0.9);

    assert.equal(await cvat.run({ place: 0 }), null, 'a label for boxes keeps its box');
    const fitted = (await cvat.shapes())[1];
    assert.ok(fitted);
    assert.equal(fitted.type, 'rectangle');
    const before = areaIou(wide.points, truth.box);
    const after = areaIou(fitted.points, truth.box);
    assert.ok(after > before && after > 0.9, `${before} before, ${after} after: ${fitted.points.join()}`);
    assert.notDeepEqual(fitted.points, ofBoxLabel?.points);

    await openWith(wide);
    const drawnBoxes = await cvat.shapes();
    assert.equal(await cvat.run({ from: 0, to: 0, parameters: { Boxes: 'stay as they are' } }), null);
    assert.deepEqual(await cvat.shapes(), drawnBoxes);
  });

  await context.test('a button refines the selected object, and cancels', async () => {
    await openWith(mask(1, 0), { ...mask(2, 0), type: 'ellipse', points: [30, 30, 50, 20] });
    const button = cvat.page.getByRole('button');
    assert.equal(await button.isVisible(), false);
    await call('activate', 1);
    assert.equal(await button.isVisible(), false, 'an ellipse cannot be refined');
    await call('activate', 0);
    const [before, callsBefore] = [await cvat.shapes(), server.calls.length];

    const held = server.hold();
    await button.click();
    await untilCalled(cvat, callsBefore + 1);
    await cvat.page.getByText('Cancel refining').click();
    await cvat.page.getByText('Refine', { exact: true }).waitFor();
    held.release();
    assert.deepEqual(await cvat.shapes(), before);

    await cvat.page.getByText('Refine', { exact: true }).click();
    await cvat.page.waitForFunction('page.undoSteps() === 1 && page.drawn() === 2');
    assertRefined((await cvat.shapes())[1], mask(1, 0));
    await call('undo');
    assert.deepEqual(await cvat.shapes(), before);
  });
});

/** IoU of a box as CVAT writes it with that of a mask. */
function areaIou([left = 0, top = 0, right = 0, bottom = 0]: readonly number[], box: Mask['box']): number {
  const widthPx = Math.min(right, box.x1) - Math.max(left, box.x0);
  const heightPx = Math.min(bottom, box.y1) - Math.max(top, box.y0);
  const both = Math.max(0, widthPx) * Math.max(0, heightPx);
  return both / ((right - left) * (bottom - top) + (box.x1 - box.x0) * (box.y1 - box.y0) - both);
}

/** Resolves when the page has called the function that many times. */
async function untilCalled({ server, page }: CvatPage, times: number): Promise<void> {
  while (server.calls.length < times) await page.waitForTimeout(20);
}

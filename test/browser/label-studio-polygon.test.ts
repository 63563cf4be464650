import assert from 'node:assert/strict';
import test from 'node:test';
import { drawPolygon } from '../../src/formats/draw-polygon.js';
import { iou } from '../../src/refiner/metrics.js';
import type { Mask } from '../../src/refiner/types.js';
import type { Result } from './label-studio-task.js';
import { openEditor } from './open-editor.js';
import { polygonResult, roughTask } from './rough-task.js';

const CONFIG =
  '<View><Image name="image" value="$image"/>' +
  '<PolygonLabels name="polygon" toName="image"><Label value="Apple"/></PolygonLabels></View>';

/** Clicked hastily around the apple, in percent of the image. */
const HASTY = [
  [52, 44],
  [62, 30],
  [85, 30],
  [93, 60],
  [80, 90],
  [58, 86],
] as const;

test('a refined polygon goes through the editor and comes out with the same vertices', async (context) => {
  const { photograph, labelStudio, editor } = await openEditor(context, CONFIG);
  const { truth } = photograph;
  const rough = polygonResult('apple-1', truth, HASTY, 'Apple');
  labelStudio.task = roughTask([rough]);

  const prediction = await labelStudio.retrievePredictions();
  const [sent] = prediction.result;
  assert.ok(sent);
  assert.ok(iou(drawn(sent), truth) > iou(drawn(rough), truth) + 0.05, 'the polygon was refined');

  await editor.open({ task: labelStudio.task, startFrom: prediction });
  await editor.drawn({ regions: 1 });
  const [saved] = await editor.serialize();
  assert.ok(saved);
  assert.deepEqual(
    [saved.id, saved.type, saved.value['polygonlabels']],
    ['apple-1', 'polygonlabels', ['Apple']],
  );
  // The editor keeps vertices in screen pixels, so that percent come back with their last digits changed.
  const [kept, given] = [vertices(saved).flat(), vertices(sent).flat()];
  assert.equal(kept.length, given.length);
  kept.forEach((percent, i) => assert.ok(Math.abs(percent - (given[i] ?? NaN)) < 1e-9, `${percent}`));
  assert.equal(iou(drawn(saved), drawn(sent)), 1);
});

function vertices({ value }: Result): readonly (readonly [number, number])[] {
  return value['points'] as readonly (readonly [number, number])[];
}

function drawn(result: Result): Mask {
  const { original_width: width, original_height: height } = result;
  return drawPolygon(
    { kind: 'polygon', unit: 'percent', rings: [vertices(result).flat()] },
    { width, height },
  );
}

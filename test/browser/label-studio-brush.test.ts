import assert from 'node:assert/strict';
import test from 'node:test';
import sharp from 'sharp';
import { areaPx, maskFromBitmap, masksEqual } from '../../src/refiner/mask.js';
import { iou } from '../../src/refiner/metrics.js';
import type { Mask } from '../../src/refiner/types.js';
import type { EditorPage } from './editor-page.js';
import { openEditor } from './open-editor.js';
import { brushResult, maskOf, roughTask } from './rough-task.js';

const CONFIG =
  '<View><Image name="image" value="$image"/>' +
  '<BrushLabels name="brush" toName="image"><Label value="Apple"/></BrushLabels></View>';

test('the editor shows a refined mask as it was sent, and encodes the same pixels again', async (context) => {
  const { photograph, labelStudio, editor } = await openEditor(context, CONFIG);
  const { truth, rough } = photograph;
  labelStudio.task = roughTask([brushResult('apple-1', rough, 'Apple')]);

  const prediction = await labelStudio.retrievePredictions();
  const [sent] = prediction.result;
  assert.ok(sent);
  const sentMask = maskOf(sent);
  assert.ok(iou(sentMask, truth) > iou(rough, truth), 'the mask was refined');

  await editor.open({ task: labelStudio.task, view: prediction });
  await editor.drawn({ regions: 1 });
  const [saved] = await editor.serialize();
  assert.ok(saved);
  assert.deepEqual([saved.id, saved.type, saved.value['brushlabels']], ['apple-1', 'brushlabels', ['Apple']]);
  assert.ok(masksEqual(maskOf(saved), sentMask));

  const painted = await screenshot(editor);
  await editor.open({ task: labelStudio.task });
  const shown = differingPixels(painted, await screenshot(editor), sentMask);
  // The outline that the editor draws around the regions of a prediction lies outside of the mask.
  assert.ok(
    iou(shown, sentMask) > 0.97,
    `on the screen: IoU ${iou(shown, sentMask)}, ${areaPx(shown)} pixels`,
  );
});

/** The image in the editor with what is drawn on it, RGB, one screen pixel for each of the image. */
async function screenshot({ stage }: EditorPage): Promise<Buffer> {
  return sharp(await stage.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer();
}

function differingPixels(a: Buffer, b: Buffer, { imageWidth, imageHeight }: Mask): Mask {
  assert.equal(a.length, imageWidth * imageHeight * 3);
  const bitmap = new Uint8Array(imageWidth * imageHeight);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) bitmap[Math.floor(i / 3)] = 1;
  return maskFromBitmap(bitmap, imageWidth, imageHeight);
}

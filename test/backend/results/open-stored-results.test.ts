import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createMetrics } from '../../../src/backend/metrics.js';
import { openStoredResults } from '../../../src/backend/results/open-stored-results.js';
import { loadConfig } from '../../../src/config.js';
import type { RefineRequest } from '../../../src/onnx/inference.js';
import { PRESETS } from '../../../src/refiner/presets.js';
import { discImage, ROUGH_DISC } from '../../onnx/synthetic-image.js';
import { dilatingInference } from '../label-studio/dilating-inference.js';
import { collectingLog } from '../open-app.js';
import { servingOnly } from '../serving-only.js';

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-results-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** A server's life: one request, and how often the model was asked for it. */
async function liveOnce(
  env: Record<string, string>,
): Promise<{ asked: number; figures: string; log: string }> {
  const { log, logged } = collectingLog('info');
  const metrics = createMetrics();
  const results = await openStoredResults(loadConfig(env), log, metrics);
  const inference = dilatingInference();
  const models = results.serve(servingOnly(inference));
  const request: RefineRequest = {
    image: await discImage(1),
    orientation: 'exif',
    shapes: [{ shape: ROUGH_DISC, semantic: false, output: { kind: 'brush-rle' }, madeFor: null }],
    options: PRESETS.official,
    lane: 'batch',
  };
  await models.default.inference.refine(request, { deadlineMs: 10_000 });
  await results.close();
  return { asked: inference.requests.length, figures: await metrics.registry.metrics(), log: logged() };
}

test('what one server has answered, the next one answers without its model, and counts it', async (context) => {
  const folder = await temporaryFolder(context);
  const env = { SAMREFINER_ADAPTERS_DIR: folder };
  const first = await liveOnce(env);
  assert.equal(first.asked, 1);
  assert.match(first.figures, /samrefiner_results_total\{stored="false"\} 1/);
  const second = await liveOnce(env);
  assert.equal(second.asked, 0);
  assert.match(second.figures, /samrefiner_results_total\{stored="true"\} 1/);
  assert.equal((await readdir(join(folder, '.results'))).length, 1);
});

test('results are not stored where that is switched off', async (context) => {
  const folder = await temporaryFolder(context);
  const env = { SAMREFINER_ADAPTERS_DIR: folder, SAMREFINER_RESULT_CACHE_MB: '0' };
  assert.equal((await liveOnce(env)).asked, 1);
  assert.equal((await liveOnce(env)).asked, 1);
  assert.deepEqual(await readdir(folder), []);
});

test('a folder that cannot be used is named in the log, and requests are answered all the same', async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, 'taken'), '');
  const { asked, log } = await liveOnce({ SAMREFINER_RESULT_CACHE_DIR: join(folder, 'taken') });
  assert.equal(asked, 1);
  assert.match(log, /finished results are not stored/);
  assert.match(log, /taken/);
});

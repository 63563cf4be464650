import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createAdaptersInUse } from '../../../src/backend/fit/adapters-in-use.js';
import { isOwnVersion, storedVersion } from '../../../src/backend/label-studio/model-versions.js';
import { rollBack, storeAdapter } from '../../../src/fit/adapter-store.js';
import type { RefineRequest } from '../../../src/onnx/inference.js';
import { PRESETS } from '../../../src/refiner/presets.js';
import { syntheticRecord } from '../../fit/synthetic-record.js';
import { requestFor } from '../../onnx/synthetic-image.js';
import { keepingInference } from '../inline-inference.js';
import { temporaryFolder } from '../jobs/open-queue.js';
import { servedModel } from '../serving-only.js';

const PROJECT = 'label-studio-7';

interface Opened {
  readonly folder: string;
  readonly model: ReturnType<typeof servedModel>;
  readonly requests: RefineRequest[];
  readonly warnings: string[];
  /** The version of the model that serves the project. */
  readonly version: () => Promise<string>;
  readonly adapters: ReturnType<typeof createAdaptersInUse>;
}

async function open(context: TestContext): Promise<Opened> {
  const folder = await temporaryFolder(context);
  const warnings: string[] = [];
  const requests: RefineRequest[] = [];
  const keeping = keepingInference();
  const model = servedModel('only', {
    ...keeping,
    refine: (request, limits) => {
      requests.push(request);
      return keeping.refine(request, limits);
    },
  });
  const log = {
    warn: (facts: object, message: string) =>
      void warnings.push(`${message}: ${'err' in facts ? String(facts.err) : JSON.stringify(facts)}`),
  };
  const adapters = createAdaptersInUse(folder, log);
  const version = async (): Promise<string> => (await adapters.taught(PROJECT, model)).inference.modelVersion;
  return { folder, model, requests, warnings, version, adapters };
}

/** Turns one bit of a stored version. */
async function damage(folder: string, version: number): Promise<void> {
  const path = join(folder, PROJECT, `${version}.json`);
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 4;
  await writeFile(path, bytes);
}

test('a project without an adapter, and a name that no project can have, get the model itself', async (context) => {
  const { adapters, model, warnings } = await open(context);
  assert.equal(await adapters.taught(PROJECT, model), model);
  assert.equal(await adapters.taught('label-studio-', model), model);
  assert.equal(await adapters.taught('../etc', model), model);
  assert.deepEqual(warnings, []);
});

test('an adapter chooses in every refinement, and the version names project and adapter', async (context) => {
  const { folder, adapters, model, requests } = await open(context);
  const record = syntheticRecord(1);
  await storeAdapter(folder, PROJECT, record);
  const taught = await adapters.taught(PROJECT, model);
  assert.equal(taught.inference.modelVersion, 'keep-1+label-studio-7.1');
  assert.equal(storedVersion(taught), 'samrefiner-keep-1+label-studio-7.1');
  assert.ok(isOwnVersion(storedVersion(taught)));
  await taught.inference.refine(requestFor(new Uint8Array(1)), { deadlineMs: 1000 });
  await model.inference.refine(requestFor(new Uint8Array(1)), { deadlineMs: 1000 });
  assert.deepEqual(requests[0]?.options.iouAdapter, record.adapter);
  assert.equal(requests[1]?.options.iouAdapter, PRESETS.official.iouAdapter);
});

test('a new version and a rollback are seen at the next request, whoever made them', async (context) => {
  const { folder, version } = await open(context);
  await storeAdapter(folder, PROJECT, syntheticRecord(1));
  assert.equal(await version(), 'keep-1+label-studio-7.1');
  await storeAdapter(folder, PROJECT, syntheticRecord(2));
  assert.equal(await version(), 'keep-1+label-studio-7.2');
  await rollBack(folder, PROJECT);
  assert.equal(await version(), 'keep-1+label-studio-7.1');
  await rollBack(folder, PROJECT);
  assert.equal(await version(), 'keep-1');
});

test('between changes no adapter is read again', async (context) => {
  const { folder, adapters, model } = await open(context);
  await storeAdapter(folder, PROJECT, syntheticRecord(1));
  await adapters.taught(PROJECT, model);
  // Would be refused if it were read.
  await writeFile(join(folder, PROJECT, '1.json'), 'gone');
  assert.equal((await adapters.taught(PROJECT, model)).inference.modelVersion, 'keep-1+label-studio-7.1');
});

test('with one bit of an adapter changed, service goes on with the version before and says so once', async (context) => {
  const { folder, version, warnings } = await open(context);
  await storeAdapter(folder, PROJECT, syntheticRecord(1));
  await storeAdapter(folder, PROJECT, syntheticRecord(2));
  await damage(folder, 2);
  assert.equal(await version(), 'keep-1+label-studio-7.1');
  assert.equal(await version(), 'keep-1+label-studio-7.1');
  assert.equal(warnings.length, 2, warnings.join('\n'));
  assert.match(warnings[0] ?? '', /adapter not used.*damaged/);
  assert.match(warnings[1] ?? '', /earlier adapter in use/);
});

test('in place of a damaged adapter comes the one in use before it, not one that was rolled back', async (context) => {
  const { folder, version, warnings } = await open(context);
  for (const seed of [1, 2]) await storeAdapter(folder, PROJECT, syntheticRecord(seed));
  await rollBack(folder, PROJECT);
  await storeAdapter(folder, PROJECT, syntheticRecord(3));
  await damage(folder, 3);
  assert.equal(await version(), 'keep-1+label-studio-7.1');
  assert.match(
    warnings.join('\n'),
    /adapter not used.*damaged[^]*earlier adapter in use.*"version":1,"instead":3/,
  );
});

test('where the first one after all were rolled back is damaged, the model chooses alone', async (context) => {
  const { folder, version, warnings } = await open(context);
  await storeAdapter(folder, PROJECT, syntheticRecord(1));
  await rollBack(folder, PROJECT);
  await storeAdapter(folder, PROJECT, syntheticRecord(2));
  await damage(folder, 2);
  assert.equal(await version(), 'keep-1');
  assert.match(warnings[1] ?? '', /the model chooses alone: none was in use before.*"tried":\[2\]/);
});

test('without the note of what was in use before, the model chooses alone and the log says why', async (context) => {
  const { folder, version, warnings } = await open(context);
  for (const seed of [1, 2]) await storeAdapter(folder, PROJECT, syntheticRecord(seed));
  await damage(folder, 2);
  await rm(join(folder, PROJECT, '2.parent'));
  assert.equal(await version(), 'keep-1');
  assert.match(warnings[1] ?? '', /which one was in use before is not known/);
});

test('an adapter with numbers that are not finite is not used', async (context) => {
  const { folder, version, warnings } = await open(context);
  const record = syntheticRecord(1);
  const loraB = record.adapter.loraB.map((value, i) => (i === 3 ? NaN : value));
  await storeAdapter(folder, PROJECT, { ...record, adapter: { ...record.adapter, loraB } });
  assert.equal(await version(), 'keep-1');
  assert.match(warnings[0] ?? '', /damaged/);
});

test('an adapter of another model is not used, an earlier one of this model is', async (context) => {
  const { folder, version, warnings } = await open(context);
  const model = { version: 'sam-1', fingerprint: 'f'.repeat(64) };
  await storeAdapter(folder, PROJECT, syntheticRecord(1, { model }));
  assert.equal(await version(), 'keep-1');
  assert.match(warnings[0] ?? '', /learned for another model.*sam-1/);
  await storeAdapter(folder, PROJECT, syntheticRecord(2));
  await storeAdapter(folder, PROJECT, syntheticRecord(3, { model }));
  assert.equal(await version(), 'keep-1+label-studio-7.2');
});

test('a file `current` that says nothing costs a warning and no request', async (context) => {
  const { folder, version, warnings } = await open(context);
  await storeAdapter(folder, PROJECT, syntheticRecord(1));
  await writeFile(join(folder, PROJECT, 'current'), 'one');
  assert.equal(await version(), 'keep-1');
  assert.match(warnings[0] ?? '', /no adapter in use/);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { Script } from 'node:vm';
import request from 'supertest';
import { createApp } from '../../../src/backend/app.js';
import { openCvatApp } from './open-cvat-app.js';

const MAX_BYTES = 14_000;

test('both ports serve the script for CVAT’s page, without credentials', async (context) => {
  const credentials = { BASIC_AUTH_USER: 'user', BASIC_AUTH_PASS: 'a password' };
  const { app: onCvatPort, services } = await openCvatApp(context, credentials);
  for (const app of [createApp(services), onCvatPort]) {
    const { text, headers } = await request(app).get('/cvat/refine.js').expect(200);
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(headers['cross-origin-resource-policy'], 'cross-origin');
    assert.ok(text.length < MAX_BYTES, `${text.length} bytes`);
    assert.doesNotThrow(() => new Script(text), 'a plain script, not a module');
    assert.match(text, /SAMRefiner: refine/);
    await request(app).post('/cvat/refine.js').expect(405);
  }
});

test('the script is sent again only when it has changed', async (context) => {
  const { app } = await openCvatApp(context);
  const { headers } = await request(app).get('/cvat/refine.js').expect(200);
  assert.equal(headers['cache-control'], 'public, no-cache');
  const etag = String(headers['etag']);
  const { text } = await request(app).get('/cvat/refine.js').set('If-None-Match', etag).expect(304);
  assert.equal(text, '');
  await request(app).get('/cvat/refine.js').set('If-None-Match', '"another"').expect(200);
});

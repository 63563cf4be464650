import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import { loggableUrl } from '../../src/backend/loggable-url.js';
import { RefinerError } from '../../src/errors.js';
import { collectingLog, openApp } from './open-app.js';

test('values under secret keys never reach the log, at three depths', () => {
  const { log, logged } = collectingLog('info');
  const secret = 's3cret';
  log.info({ authorization: secret, token: secret, body: { access_token: secret, password: secret } }, 'one');
  log.info({ req: { headers: { authorization: secret, cookie: secret, 'set-cookie': secret } } }, 'two');
  log.info({ settings: { labelStudioToken: secret, basicAuthPass: secret }, apiKey: secret }, 'three');
  assert.doesNotMatch(logged(), /s3cret/);
  assert.equal(logged().split('[hidden]').length - 1, 10);
});

test('an error is logged with code, facts, stack and causes', () => {
  const { log, logged } = collectingLog('info');
  const error = new RefinerError('QUEUE_FULL', { expected: 'room' }, { cause: new Error('the cause') });
  log.error({ err: error }, 'failed');
  const line = JSON.parse(logged()) as { err: { code: string; facts: object; cause: { message: string } } };
  assert.equal(line.err.code, 'QUEUE_FULL');
  assert.deepEqual(line.err.facts, { expected: 'room' });
  assert.equal(line.err.cause.message, 'the cause');
});

test('tokens, signatures and credentials in addresses are hidden, the rest stays', () => {
  assert.equal(
    loggableUrl('https://s3.example.org/b/i.jpg?X-Amz-Signature=abc&X-Amz-Credential=def&w=10'),
    'https://s3.example.org/b/i.jpg?X-Amz-Signature=[hidden]&X-Amz-Credential=[hidden]&w=10',
  );
  assert.equal(loggableUrl('/image?access%5Ftoken=abc&d=x'), '/image?access%5Ftoken=[hidden]&d=x');
  assert.equal(loggableUrl('https://user:pass@host/x'), 'https://[hidden]@host/x');
  assert.equal(
    loggableUrl('https://a.blob.example.org/c/i?sv=1&sig=abc&se=2'),
    'https://a.blob.example.org/c/i?sv=[hidden]&sig=[hidden]&se=[hidden]',
  );
  assert.equal(loggableUrl('/health'), '/health');
  assert.match(
    loggableUrl(`data:image/png;base64,${'A'.repeat(1000)}`),
    /^data:image\/png;base64,… \(1022 characters\)$/,
  );
  assert.ok(loggableUrl(`http://host/${'a'.repeat(5000)}`).length < 400);
  assert.doesNotThrow(() => loggableUrl('http://%zz?%zz=1'));
});

test('requests are logged with id, route and status, and without their secrets', async (context) => {
  const { app, logged } = await openApp(context, { BASIC_AUTH_USER: 'u', BASIC_AUTH_PASS: 'p4ssw0rd' });
  const { headers } = await request(app).get('/versions?token=s3cret&x=1').auth('u', 'p4ssw0rd');
  await request(app).get('/versions').auth('u', 'wr0ng');
  assert.doesNotMatch(logged(), /s3cret|p4ssw0rd|wr0ng|dTpwNHNzdzByZA/);
  assert.ok(logged().includes(String(headers['x-request-id'])));
  assert.match(logged(), /"method":"GET","url":"\/versions\?token=\[hidden\]&x=1","status":200/);
});

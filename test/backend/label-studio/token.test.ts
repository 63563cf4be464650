import assert from 'node:assert/strict';
import test from 'node:test';
import { createTokenSource, tokenKind } from '../../../src/backend/label-studio/token.js';

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`;
}

const PERSONAL = jwt({ token_type: 'refresh', exp: 8_000_000_000 });

test('the kinds of token are told apart by their shape', () => {
  assert.equal(tokenKind('0123456789abcdef0123456789abcdef01234567'), 'legacy');
  assert.equal(tokenKind(PERSONAL), 'personal');
  assert.equal(tokenKind(jwt({ token_type: 'access' })), 'access');
  for (const odd of ['', 'a.b.c', '..', 'a.bnVsbA.c', 'one.two']) assert.equal(tokenKind(odd), 'legacy', odd);
});

test('a legacy token is sent as it is and never refreshed', async () => {
  const source = createTokenSource(
    'abc',
    () => assert.fail('refreshed'),
    () => 0,
  );
  assert.equal(await source.authorization(), 'Token abc');
  assert.equal(source.refused('Token abc'), false);
});

test('a personal token buys access tokens, one at a time, and again shortly before each ends', async () => {
  let nowMs = 1_000_000;
  let bought = 0;
  const buy = async (): Promise<string> => {
    await Promise.resolve();
    bought += 1;
    return jwt({ token_type: 'access', exp: nowMs / 1000 + 300, number: bought });
  };
  const source = createTokenSource(PERSONAL, buy, () => nowMs);
  const first = await Promise.all([source.authorization(), source.authorization(), source.authorization()]);
  assert.equal(bought, 1);
  assert.equal(new Set(first).size, 1);
  assert.match(first[0], /^Bearer ey/);
  nowMs += 269_000;
  assert.equal(await source.authorization(), first[0]);
  nowMs += 2_000;
  assert.notEqual(await source.authorization(), first[0]);
  assert.equal(bought, 2);
});

test('a refused access token is forgotten, unless another has come in the meantime', async () => {
  let bought = 0;
  const source = createTokenSource(
    PERSONAL,
    () => Promise.resolve(`t${(bought += 1)}`),
    () => 0,
  );
  assert.equal(await source.authorization(), 'Bearer t1');
  assert.equal(source.refused('Bearer t1'), true);
  assert.equal(await source.authorization(), 'Bearer t2');
  assert.equal(source.refused('Bearer t1'), true);
  assert.equal(await source.authorization(), 'Bearer t2');
});

test('a purchase that fails is told to all who waited, and the next one starts anew', async () => {
  let calls = 0;
  const buy = (): Promise<string> => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error('no')) : Promise.resolve('fresh');
  };
  const source = createTokenSource(PERSONAL, buy, () => 0);
  const waiting = [source.authorization(), source.authorization()];
  for (const one of waiting) await assert.rejects(one, /no/);
  assert.equal(await source.authorization(), 'Bearer fresh');
});

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { JsonParser } from '../../src/backend/json-parser.js';
import { RefinerError } from '../../src/errors.js';

const LIMITS = { maxDepth: 100, maxNodes: 2_000_000 };

function openParser(context: TestContext): JsonParser {
  const parser = new JsonParser(LIMITS);
  context.after(() => parser.close());
  return parser;
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof RefinerError && error.code === code;

/** A text of more than 512 KiB, which goes to the thread. */
const large = (inner: string): string => `{"padding":"${'x'.repeat(1 << 20)}","inner":${inner}}`;

test('small and large texts give the same value', async (context) => {
  const parser = openParser(context);
  const inner = { a: [1, 2.5, null, 'é\u{1f600}', true], b: { c: {} } };
  assert.deepEqual(await parser.parse(bytesOf(JSON.stringify(inner))), inner);
  const { inner: back } = (await parser.parse(bytesOf(large(JSON.stringify(inner))))) as { inner: unknown };
  assert.deepEqual(back, inner);
});

test('texts that are not JSON are refused without showing what is in them', async (context) => {
  const parser = openParser(context);
  for (const wrap of [(inner: string) => `{"inner":${inner}}`, large]) {
    for (const inner of ['s3cret', '[1,', '{"a":}', '"\\x"', '']) {
      await assert.rejects(parser.parse(bytesOf(wrap(inner))), (error: unknown) => {
        assert.ok(hasCode('BODY_NOT_JSON')(error), inner);
        assert.doesNotMatch((error as Error).message, /s3cret/);
        return true;
      });
    }
  }
  await assert.rejects(parser.parse(new Uint8Array()), hasCode('BODY_NOT_JSON'));
  await assert.rejects(parser.parse(Uint8Array.of(0x22, 0xff, 0xfe, 0x22)), hasCode('BODY_NOT_JSON'));
});

test('depth counts only outside of strings, and 100 levels are enough', async (context) => {
  const parser = openParser(context);
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  await parser.parse(bytesOf(nested(100)));
  await assert.rejects(parser.parse(bytesOf(nested(101))), hasCode('BODY_TOO_DEEP'));
  await parser.parse(bytesOf(large(nested(99))));
  await assert.rejects(parser.parse(bytesOf(large(nested(100)))), hasCode('BODY_TOO_DEEP'));
  const brackets = `${'['.repeat(500)}\\"${'{'.repeat(500)}\\\\`;
  assert.deepEqual(await parser.parse(bytesOf(`["${brackets}"]`)), [JSON.parse(`"${brackets}"`)]);
});

test('a text of too many values is refused before it takes memory', async (context) => {
  const parser = openParser(context);
  await assert.rejects(parser.parse(bytesOf(`[${'[],'.repeat(2_100_000)}1]`)), hasCode('BODY_INVALID'));
});

test('large texts that come at once are parsed one after the other, each to its own value', async (context) => {
  const parser = openParser(context);
  const values = await Promise.all([1, 2, 3].map((n) => parser.parse(bytesOf(large(String(n))))));
  assert.deepEqual(
    values.map((value) => (value as { inner: number }).inner),
    [1, 2, 3],
  );
});

test('an aborted caller is answered with the reason, and the next one is served', async (context) => {
  const parser = openParser(context);
  const controller = new AbortController();
  const numbers = JSON.stringify(Array.from({ length: 400_000 }, (_, index) => index));
  const aborted = parser.parse(bytesOf(large(numbers)), controller.signal);
  const next = parser.parse(bytesOf(large('7')));
  controller.abort(new RefinerError('ABORTED'));
  await assert.rejects(aborted, hasCode('ABORTED'));
  assert.equal(((await next) as { inner: number }).inner, 7);
});

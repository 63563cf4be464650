import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import test from 'node:test';
import { decodeBase64Image } from '../../../src/backend/cvat/base64-image.js';
import { refusedWith } from '../../support/refusals.js';

const BLOCK_BYTES = 3 * 1024 * 1024;

test('images of every length come out as they were put in, across blocks', async () => {
  for (const length of [1, 2, 3, 1000, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES + 2]) {
    const bytes = randomFillSync(Buffer.alloc(length));
    const decoded = await decodeBase64Image(bytes.toString('base64'), length);
    assert.ok(bytes.equals(decoded), `${length} bytes`);
    if (length % 3 !== 0) {
      const unpadded = bytes.toString('base64').replaceAll('=', '');
      assert.ok(bytes.equals(await decodeBase64Image(unpadded, length)));
    }
  }
});

test('text that is no base64, in whichever block, too long or empty is refused', async () => {
  const long = Buffer.alloc(BLOCK_BYTES + 300).toString('base64');
  const refused = refusedWith('BODY_INVALID', { where: /image/ });
  await assert.rejects(decodeBase64Image('AA AA', 99), refused);
  await assert.rejects(decodeBase64Image('AA==AAAA', 99), refused);
  await assert.rejects(decodeBase64Image(`${long.slice(0, -4)}A*AA`, long.length), refused);
  await assert.rejects(decodeBase64Image(`é${long}`, long.length), refused);
  await assert.rejects(
    decodeBase64Image('AAAAAAAA', 5),
    refusedWith('IMAGE_TOO_LARGE', { received: /^6 bytes$/ }),
  );
  await assert.rejects(decodeBase64Image('', 5), refusedWith('IMAGE_EMPTY'));
});

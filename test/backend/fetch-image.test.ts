import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type LookupFunction } from 'node:net';
import test, { type TestContext } from 'node:test';
import { createImageFetcher, type ImageFetcher } from '../../src/backend/fetch-image.js';
import { answers, bytes, openImageHost, redirect, status } from '../support/image-host.js';
import { refusedWith } from '../support/refusals.js';

interface Overrides {
  readonly allowedOrigins?: readonly string[];
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  readonly lookup?: LookupFunction;
}

function openFetcher(context: TestContext, overrides: Overrides = {}): ImageFetcher {
  const fetcher = createImageFetcher({
    maxBytes: 100_000,
    timeoutMs: 20_000,
    allowedOrigins: [],
    verifyTls: true,
    ...overrides,
  });
  context.after(() => fetcher.close());
  return fetcher;
}

/** A name server that knows one answer. */
function resolvesTo(...addresses: readonly string[]): LookupFunction {
  return (_hostname, options, callback) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family ?? 4);
  };
}

async function textAt(fetcher: ImageFetcher, address: string): Promise<string> {
  return Buffer.from(await fetcher.fetch(address)).toString();
}

test('the bytes at an allowed origin are fetched, its query string untouched', async (context) => {
  const host = await openImageHost(context, bytes('pixels'));
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  assert.equal(await textAt(fetcher, `${host.origin}/a.jpg?sig=a%2Fb&x=1+2`), 'pixels');
  assert.equal(host.received[0]?.url, '/a.jpg?sig=a%2Fb&x=1+2');
});

test('an address in a private network is refused in every spelling, and nothing is sent to it', async (context) => {
  const host = await openImageHost(context, bytes('secret'));
  const fetcher = openFetcher(context);
  for (const name of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
    '0',
  ]) {
    const refused = refusedWith('IMAGE_ADDRESS_REFUSED', { expected: /SAMREFINER_ALLOWED_ORIGINS/ });
    await assert.rejects(fetcher.fetch(`http://${name}:${host.port}/`), refused, name);
  }
  assert.equal(host.received.length, 0);
});

test('another port of an allowed host is not allowed', async (context) => {
  const host = await openImageHost(context, bytes('secret'));
  const fetcher = openFetcher(context, { allowedOrigins: ['http://127.0.0.1:1'] });
  await assert.rejects(fetcher.fetch(`${host.origin}/`), refusedWith('IMAGE_ADDRESS_REFUSED'));
  await assert.rejects(fetcher.fetch(`https://127.0.0.1:1/`), refusedWith('IMAGE_ADDRESS_REFUSED'));
});

test('a name that resolves to a private address is refused, also among public ones', async (context) => {
  const host = await openImageHost(context, bytes('secret'));
  for (const lookup of [
    resolvesTo('127.0.0.1'),
    resolvesTo('93.184.216.34', '127.0.0.1'),
    resolvesTo('::1'),
    resolvesTo('::ffff:10.0.0.1'),
    resolvesTo(),
  ]) {
    const fetcher = openFetcher(context, { lookup });
    const address = `http://images.example.com:${host.port}/`;
    await assert.rejects(
      fetcher.fetch(address),
      refusedWith('IMAGE_ADDRESS_REFUSED', { where: /^images\.example\.com$/ }),
    );
  }
  assert.equal(host.received.length, 0);
});

test('an allowed origin may be a name that resolves to a private address', async (context) => {
  const host = await openImageHost(context, bytes('pixels'));
  const origin = `http://label-studio:${host.port}`;
  const fetcher = openFetcher(context, { lookup: resolvesTo('127.0.0.1'), allowedOrigins: [origin] });
  assert.equal(await textAt(fetcher, `${origin}/a.png`), 'pixels');
});

test('a redirect into a private network is refused', async (context) => {
  const hidden = await openImageHost(context, bytes('secret'));
  const host = await openImageHost(context, redirect(`${hidden.origin}/admin`));
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  await assert.rejects(fetcher.fetch(`${host.origin}/a.png`), refusedWith('IMAGE_ADDRESS_REFUSED'));
  assert.equal(hidden.received.length, 0);
});

test('a redirect is followed, relative or not, five times and no more', async (context) => {
  const host = await openImageHost(
    context,
    answers({
      '/5': redirect('/4'),
      '/4': redirect('3', 301),
      '/3': redirect('2', 303),
      '/2': redirect('./1', 307),
      '/1': redirect('/0', 308),
      '/0': bytes('pixels'),
      '/6': redirect('/5'),
      '/loop': redirect('/loop'),
    }),
  );
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  assert.equal(await textAt(fetcher, `${host.origin}/5`), 'pixels');
  await assert.rejects(fetcher.fetch(`${host.origin}/6`), refusedWith('IMAGE_FETCH_FAILED'));
  await assert.rejects(fetcher.fetch(`${host.origin}/loop`), refusedWith('IMAGE_FETCH_FAILED'));
});

test('a redirect to a data address is the image, also a long one', async (context) => {
  const image = Buffer.alloc(90_000, 7);
  const host = await openImageHost(context, redirect(`data:image/png;base64,${image.toString('base64')}`));
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  assert.deepEqual(Buffer.from(await fetcher.fetch(`${host.origin}/a`)), image);
});

test('a redirect to anything else is refused', async (context) => {
  for (const target of ['file:///etc/passwd', 'ftp://example.com/a', 'javascript:1', 'http://']) {
    const host = await openImageHost(context, redirect(target));
    const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
    await assert.rejects(fetcher.fetch(`${host.origin}/a`), refusedWith('IMAGE_URL_INVALID'), target);
  }
  const host = await openImageHost(context, status(302));
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  await assert.rejects(fetcher.fetch(`${host.origin}/a`), refusedWith('IMAGE_FETCH_FAILED'));
});

test('headers go to their own origin and never again once a redirect has left it', async (context) => {
  const home = await openImageHost(
    context,
    answers({
      '/a': redirect('/b'),
      '/b': (_, response) => redirect(`${away.origin}/c`)(_, response),
      '/d': bytes('x'),
    }),
  );
  const away = await openImageHost(context, answers({ '/c': redirect(`${home.origin}/d`) }));
  const fetcher = openFetcher(context, { allowedOrigins: [home.origin, away.origin] });
  await fetcher.fetch(`${home.origin}/a`, { headers: { authorization: 'Basic c2VjcmV0' } });
  const seen = [...home.received, ...away.received].map(({ url, authorization }) => [url, authorization]);
  assert.deepEqual(seen, [
    ['/a', 'Basic c2VjcmV0'],
    ['/b', 'Basic c2VjcmV0'],
    ['/d', undefined],
    ['/c', undefined],
  ]);
});

test('credentials in an address are sent as HTTP Basic, to that origin only', async (context) => {
  const away = await openImageHost(context, bytes('pixels'));
  const home = await openImageHost(context, redirect(`${away.origin}/b`));
  const fetcher = openFetcher(context, { allowedOrigins: [home.origin, away.origin] });
  await fetcher.fetch(`http://an%40na:pass@127.0.0.1:${home.port}/a`);
  assert.equal(home.received[0]?.authorization, `Basic ${Buffer.from('an@na:pass').toString('base64')}`);
  assert.equal(away.received[0]?.authorization, undefined);
});

test('statuses have their own errors, which name the host and no more', async (context) => {
  const host = await openImageHost(context, (request, response) => {
    response.writeHead(Number(request.url.slice(1, 4))).end('details');
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  const cases = [
    [401, 'IMAGE_UNAUTHORIZED'],
    [403, 'IMAGE_UNAUTHORIZED'],
    [404, 'IMAGE_NOT_FOUND'],
    [410, 'IMAGE_NOT_FOUND'],
    [400, 'IMAGE_FETCH_FAILED'],
    [500, 'IMAGE_FETCH_FAILED'],
    [503, 'IMAGE_FETCH_FAILED'],
    [304, 'IMAGE_FETCH_FAILED'],
  ] as const;
  for (const [code, error] of cases) {
    const facts = { where: /^http:\/\/127\.0\.0\.1:\d+$/, received: new RegExp(`^status ${code}$`) };
    await assert.rejects(fetcher.fetch(`${host.origin}/${code}?token=secret`), refusedWith(error, facts));
  }
});

test('an image of no bytes is named as such', async (context) => {
  const host = await openImageHost(context, (request, response) => {
    response.writeHead(request.url === '/204' ? 204 : 200).end();
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  await assert.rejects(fetcher.fetch(`${host.origin}/200`), refusedWith('IMAGE_EMPTY'));
  await assert.rejects(fetcher.fetch(`${host.origin}/204`), refusedWith('IMAGE_EMPTY'));
});

test('a length announced over the limit is refused without waiting for the body', async (context) => {
  const host = await openImageHost(context, (_, response) => {
    response.writeHead(200, { 'content-length': '100001' }).flushHeaders();
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  const refused = refusedWith('IMAGE_TOO_LARGE', { received: /100001 bytes announced/ });
  await assert.rejects(fetcher.fetch(`${host.origin}/a`), refused);
});

test('an endless body ends at the limit, and its connection with it', async (context) => {
  const poured = new EventEmitter();
  const host = await openImageHost(context, (_, response) => {
    response.writeHead(200);
    const pour = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384)));
    };
    response.on('drain', pour).on('close', () => poured.emit('close'));
    pour();
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  const closed = once(poured, 'close');
  await assert.rejects(fetcher.fetch(`${host.origin}/a`), refusedWith('IMAGE_TOO_LARGE'));
  await closed;
});

test('an image of exactly the limit passes', async (context) => {
  const host = await openImageHost(context, bytes(Buffer.alloc(100_000)));
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  assert.equal((await fetcher.fetch(`${host.origin}/a`)).length, 100_000);
});

test('a body shorter than its announced length is a failure', async (context) => {
  const host = await openImageHost(context, (_, response) => {
    response.writeHead(200, { 'content-length': '50000' }).write('only this', () => response.destroy());
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  await assert.rejects(fetcher.fetch(`${host.origin}/a`), refusedWith('IMAGE_FETCH_FAILED'));
});

test('a connection that drops before the answer is tried once more, and only once', async (context) => {
  let drops = 1;
  const host = await openImageHost(context, (request, response) => {
    if (drops > 0) response.destroy();
    else bytes('pixels')(request, response);
    drops -= 1;
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  assert.equal(await textAt(fetcher, `${host.origin}/a`), 'pixels');
  drops = 3;
  await assert.rejects(fetcher.fetch(`${host.origin}/a`), refusedWith('IMAGE_FETCH_FAILED'));
  assert.equal(host.received.length, 4);
});

test('a compressed body, which nobody asked for, is refused', async (context) => {
  const host = await openImageHost(context, (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('whatever');
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  await assert.rejects(
    fetcher.fetch(`${host.origin}/a`),
    refusedWith('IMAGE_FETCH_FAILED', { received: /gzip/ }),
  );
});

test('a host that accepts and says nothing, or stops in the middle, times out', async (context) => {
  const host = await openImageHost(context, (request, response) => {
    if (request.url === '/half') response.writeHead(200).write('half');
  });
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin], timeoutMs: 150 });
  for (const path of ['/silent', '/half']) {
    const timedOut = refusedWith('IMAGE_FETCH_TIMEOUT', { expected: /150 ms/ });
    await assert.rejects(fetcher.fetch(`${host.origin}${path}`), timedOut);
  }
});

test('a host that is not there, or does not speak HTTP, is a failure with its code', async (context) => {
  const server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end('SSH-2.0-none\r\n'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fetcher = openFetcher(context, { allowedOrigins: [origin] });
  await assert.rejects(
    fetcher.fetch(origin),
    refusedWith('IMAGE_FETCH_FAILED', { received: /HTTPParserError|^HPE_/ }),
  );
  server.close();
  await once(server, 'close');
  await assert.rejects(
    fetcher.fetch(origin),
    refusedWith('IMAGE_FETCH_FAILED', { received: /ECONNREFUSED/ }),
  );
});

test('an abort of the caller ends the fetch with the caller’s reason', async (context) => {
  const controller = new AbortController();
  const reason = new Error('nobody waits any more');
  const host = await openImageHost(context, () => controller.abort(reason));
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  await assert.rejects(fetcher.fetch(`${host.origin}/a`, { signal: controller.signal }), reason);
  await assert.rejects(fetcher.fetch(`${host.origin}/a`, { signal: controller.signal }), reason);
  assert.equal(host.received.length, 1);
});

test('an abort also ends the wait for credentials', async (context) => {
  const host = await openImageHost(context, bytes('pixels'));
  const fetcher = openFetcher(context, { allowedOrigins: [host.origin] });
  const controller = new AbortController();
  const headersForOrigin = (): Promise<Record<string, string>> => {
    setImmediate(() => controller.abort(new Error('enough')));
    return new Promise(() => undefined);
  };
  const fetching = fetcher.fetch(host.origin, { headersForOrigin, signal: controller.signal });
  await assert.rejects(fetching, /enough/);
});

test('only http, https and data addresses are used', async (context) => {
  const fetcher = openFetcher(context);
  for (const address of [
    'file:///etc/passwd',
    'ftp://a/b',
    'gopher://a',
    'images/a.png',
    '//a/b',
    '',
    'http://',
    's3://b/k',
  ])
    await assert.rejects(fetcher.fetch(address), refusedWith('IMAGE_URL_INVALID'), address);
  assert.equal(await textAt(fetcher, ' data:image/png;base64,cGl4ZWxz '), 'pixels');
});

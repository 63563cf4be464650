import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { readFixture } from '../fixtures.js';
import { type LabelStudioDouble, openLabelStudio } from './open-label-studio.js';
import { projectOf, type StoredTask } from './state.js';
import { LEGACY_TOKEN, PERSONAL_TOKEN } from './tokens.js';

interface Sample {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly file?: string;
  };
}

const { samples } = JSON.parse(readFixture('label-studio/label-studio-api.json.gz').toString()) as {
  samples: readonly Sample[];
};

function bodyOf(path: string): unknown {
  return samples.find(({ request }) => request.path.startsWith(path))?.response.body;
}

/** The double with what the samples are about. */
async function open(context: TestContext): Promise<LabelStudioDouble> {
  const double = await openLabelStudio(context);
  const { label_config } = bodyOf('/api/projects/7/') as { label_config: string };
  const tasks = [1, 2].flatMap(
    (page) => (bodyOf(`/api/tasks/?project=7&page=${page}`) as { tasks: StoredTask[] }).tasks,
  );
  double.state.projects.push(projectOf(7, label_config, tasks));
  double.state.uploads.set(
    'upload/7/3f1c9a2b-shapes-160x120.png',
    readFixture('label-studio/images/shapes-160x120.png'),
  );
  double.state.stored.set(
    's3://bucket/key with space/shapes-160x120.png',
    'http://images.example.com/signed/shapes-160x120.png?sig=1',
  );
  return double;
}

/** Sends a sample's request, with a real token in place of the sample's words. */
async function send({ request }: Sample, { origin, tokens }: LabelStudioDouble): Promise<Response> {
  tokens.access.add('an-access-token');
  const authorization = (request.headers?.['Authorization'] ?? `Token ${LEGACY_TOKEN}`)
    .replace('<legacy token>', LEGACY_TOKEN)
    .replace('<short-lived token>', 'an-access-token');
  const body = JSON.stringify(request.body ?? null).replace('<personal access token>', PERSONAL_TOKEN);
  return fetch(`${origin}${request.path}`, {
    method: request.method,
    redirect: 'manual',
    headers: { authorization, 'content-type': 'application/json' },
    ...(request.body === undefined ? {} : { body }),
  });
}

/** The keys of objects, of lists those of the first entry, down to the second level. */
function keysOf(value: unknown, depth = 2): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map((entry) => keysOf(entry, depth));
  if (typeof value !== 'object' || value === null || depth === 0) return null;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, keysOf(entry, depth - 1)]));
}

/** Whether all keys of one are keys of the other. */
function assertWithin(part: unknown, whole: unknown, where: string): void {
  if (typeof part !== 'object' || part === null || typeof whole !== 'object' || whole === null) return;
  for (const [key, value] of Object.entries(part)) {
    assert.ok(key in whole, `${where}: ${key} is not in the sample`);
    assertWithin(value, (whole as Record<string, unknown>)[key], `${where}.${key}`);
  }
}

for (const [index, sample] of samples.entries()) {
  const { request, response } = sample;
  test(`the double answers ${request.method} ${request.path} (${index}) like Label Studio`, async (context) => {
    const double = await open(context);
    if (response.status === 401) double.tokens.legacyEnabled = false;
    const answer = await send(sample, double);
    assert.equal(answer.status, response.status);
    const location = response.headers?.['Location'];
    if (location !== undefined) assert.equal(answer.headers.get('location'), location);
    if (response.file !== undefined) {
      const bytes = new Uint8Array(await answer.arrayBuffer());
      assert.deepEqual(bytes, new Uint8Array(readFixture(`label-studio/${response.file}`)));
    }
    if (response.body === undefined) return;
    assertWithin(keysOf(await answer.json()), keysOf(response.body), request.path);
  });
}

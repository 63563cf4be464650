import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { loadConfig } from '../../src/config.js';
import { parsePlainYaml, type PlainMapping, type PlainYaml } from '../support/plain-yaml.js';

const COMPOSE = parsePlainYaml(readFileSync('docker-compose.yml', 'utf8'));

function at(...path: readonly string[]): PlainYaml {
  return path.reduce<PlainYaml>((value, key) => {
    assert.ok(typeof value === 'object' && !Array.isArray(value), path.join('.'));
    const next = (value as PlainMapping)[key];
    assert.ok(next !== undefined, `${path.join('.')} is there`);
    return next;
  }, COMPOSE);
}

/** Fills `${NAME}`, `${NAME-default}` and `${NAME:-default}` in as Compose does; defaults may hold further ones. */
function filled(text: string, env: Readonly<Record<string, string>>): string {
  const inner = /\$\{(\w+)(?:(:?-)([^${}]*))?\}/;
  let result = text;
  for (let match = inner.exec(result); match; match = inner.exec(result)) {
    const [whole, name = '', operator, fallback = ''] = match;
    const value = env[name];
    const isMissing = operator === ':-' ? value === undefined || value === '' : value === undefined;
    result = result.replace(whole, () => (isMissing ? fallback : (value ?? '')));
  }
  return result;
}

function environmentOf(
  service: string,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(at('services', service, 'environment') as Readonly<Record<string, string>>);
  return Object.fromEntries(entries.map(([name, value]) => [name, filled(value, env)]));
}

test('Label Studio comes only with its profile', () => {
  assert.deepEqual(at('services', 'label-studio', 'profiles'), ['label-studio']);
  assert.throws(() => at('services', 'samrefiner', 'profiles'));
});

test('the backend is wired to that Label Studio, with the token of its first account', () => {
  const user = { LABEL_STUDIO_USER_TOKEN: '0123456789abcdef' };
  const config = loadConfig(environmentOf('samrefiner', user));
  const port = /:(\d+)'?$/.exec(
    String((at('services', 'label-studio', 'ports') as readonly string[])[0]),
  )?.[1];
  assert.equal(config.labelStudioUrl, `http://label-studio:${port ?? ''}`);
  assert.equal(config.labelStudioToken, '0123456789abcdef');
  assert.equal(environmentOf('label-studio', user)['LABEL_STUDIO_USER_TOKEN'], '0123456789abcdef');
});

test('another Label Studio is used where one is set, and none where the address is empty', () => {
  const env = { LABEL_STUDIO_URL: 'http://10.0.0.5:8080', LABEL_STUDIO_API_KEY: 'key' };
  const config = loadConfig(environmentOf('samrefiner', env));
  assert.equal(config.labelStudioUrl, 'http://10.0.0.5:8080');
  assert.equal(config.labelStudioToken, 'key');
  assert.equal(loadConfig(environmentOf('samrefiner', { LABEL_STUDIO_URL: '' })).labelStudioUrl, null);
});

test('Label Studio is open to this machine only, and no password is written into the file', () => {
  for (const port of at('services', 'label-studio', 'ports') as readonly string[])
    assert.match(port, /^127\.0\.0\.1:/);
  const environment = environmentOf('label-studio', {});
  assert.equal(environment['LABEL_STUDIO_PASSWORD'], '');
  assert.equal(environment['LABEL_STUDIO_USER_TOKEN'], '');
});

test('every named volume is declared', () => {
  const services = at('services') as PlainMapping;
  for (const name of Object.keys(services)) {
    for (const volume of at('services', name, 'volumes') as readonly string[]) {
      assert.equal(at('volumes', volume.split(':')[0] ?? ''), '');
    }
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { configTable } from '../src/config-table.js';
import { describeConfig, loadConfig } from '../src/config.js';
import { RefinerError } from '../src/errors.js';

function refusal(env: Record<string, string>): RefinerError {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof RefinerError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'the configuration was accepted' });
}

test('an empty environment gives the defaults, frozen', () => {
  const config = loadConfig({});
  assert.equal(config.port, 9090);
  assert.equal(config.model, 'auto');
  assert.equal(config.maxBodyMb, 64);
  assert.equal(config.maxJsonDepth, 100);
  assert.equal(config.predictDeadlineMs, 90_000);
  assert.equal(config.polygonMinIou, 0.98);
  assert.equal(config.rounds, null);
  assert.equal(config.verifySsl, true);
  assert.deepEqual(config.allowedOrigins, []);
  assert.ok(Object.isFrozen(config));
});

test('values are read, and empty variables count as not set', () => {
  const config = loadConfig({
    PORT: '8080',
    LOG_LEVEL: 'WARNING',
    VERIFY_SSL: 'False',
    LABEL_STUDIO_URL: '',
    LABEL_STUDIO_HOST: 'https://studio.example.org/label/',
    LABEL_STUDIO_ACCESS_TOKEN: 'abc',
    MODEL_DIR: '/packs',
    SAMREFINER_ALLOWED_ORIGINS: 'http://minio:9000, https://IMAGES.example.org',
    SAMREFINER_MIN_AGREEMENT: '0.5',
    SAMREFINER_SOURCE: 'annotations',
    SAMREFINER_SERVE: 'mobile-sam, hq-vit-b,',
  });
  assert.equal(config.port, 8080);
  assert.equal(config.logLevel, 'warn');
  assert.equal(config.verifySsl, false);
  assert.equal(config.labelStudioUrl, 'https://studio.example.org/label');
  assert.equal(config.labelStudioToken, 'abc');
  assert.equal(config.modelsDir, '/packs');
  assert.deepEqual(config.allowedOrigins, ['http://minio:9000', 'https://images.example.org']);
  assert.equal(config.minAgreement, 0.5);
  assert.equal(config.source, 'annotations');
  assert.deepEqual(config.servedModels, ['mobile-sam', 'hq-vit-b']);
});

test('HOSTNAME counts only where it is an address, because every container has one that is not', () => {
  assert.equal(loadConfig({ HOSTNAME: '3f2a9c' }).labelStudioUrl, null);
  assert.equal(loadConfig({ HOSTNAME: 'http://studio:8080' }).labelStudioUrl, 'http://studio:8080');
  const both = { HOSTNAME: 'http://other', LABEL_STUDIO_URL: 'http://studio' };
  assert.equal(loadConfig(both).labelStudioUrl, 'http://studio');
});

test('a mistyped name is refused with the nearest known one', () => {
  const error = refusal({ SAMREFINER_CACHE_MEGABYTE: '1' });
  assert.equal(error.code, 'CONFIG_INVALID');
  assert.equal(error.facts.where, 'SAMREFINER_CACHE_MEGABYTE');
  assert.match(error.message, /SAMREFINER_CACHE_MB/);
  assert.match(refusal({ SAMREFINER_WORKER: '2' }).message, /SAMREFINER_WORKERS/);
});

test('values out of range are refused, naming variable, range and value', () => {
  for (const [name, value] of [
    ['PORT', '70000'],
    ['PORT', '80.5'],
    ['SAMREFINER_MAX_JSON_DEPTH', '0'],
    ['SAMREFINER_MIN_AGREEMENT', '1.1'],
    ['SAMREFINER_SOURCE', 'drafts'],
    ['SAMREFINER_PRESET', 'constructor'],
    ['LOG_LEVEL', 'toString'],
    ['VERIFY_SSL', 'perhaps'],
    ['LABEL_STUDIO_URL', 'studio:8080'],
    ['LABEL_STUDIO_URL', 'http://user:pass@studio'],
    ['SAMREFINER_ALLOWED_ORIGINS', 'http://a, ftp://b'],
    ['SAMREFINER_ALLOWED_ORIGINS', 'http://a/path'],
  ] as const) {
    const error = refusal({ [name]: value });
    assert.equal(error.code, 'CONFIG_INVALID', name);
    assert.equal(error.facts.where, name);
    assert.equal(error.facts.received, JSON.stringify(value));
  }
});

test('half of the credentials is refused, because it would leave the server open', () => {
  assert.equal(refusal({ BASIC_AUTH_USER: 'me' }).code, 'CONFIG_INVALID');
  assert.equal(refusal({ BASIC_AUTH_PASS: 'secret' }).code, 'CONFIG_INVALID');
});

test('the description hides secrets and shows the rest', () => {
  const described = describeConfig(
    loadConfig({ BASIC_AUTH_USER: 'me', BASIC_AUTH_PASS: 'hunter2', LABEL_STUDIO_API_KEY: 'f00ba4' }),
  );
  const text = JSON.stringify(described);
  assert.doesNotMatch(text, /hunter2|f00ba4/);
  assert.equal(described['basicAuthUser'], 'me');
  assert.equal(described['basicAuthPass'], '[hidden]');
  assert.equal(described['labelStudioToken'], '[hidden]');
  assert.equal(described['port'], 9090);
});

test('the table of the README is the one that the settings give', () => {
  const readme = readFileSync('README.md', 'utf8');
  const table = /<!-- config:start -->\n([\s\S]*?)<!-- config:end -->/.exec(readme)?.[1];
  assert.notEqual(table, undefined, 'README.md has no config markers');
  const words = (text: string): readonly string[] =>
    text
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' ').replaceAll(/-{3,}/g, '---').trim())
      .filter((line) => line !== '');
  assert.deepEqual(words(table ?? ''), words(configTable()), 'run `samrefiner config` and paste its output');
});

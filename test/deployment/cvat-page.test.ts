import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { PAGE_SCRIPT_PATH } from '../../src/backend/cvat/page-script.js';

const INSERTION = `sub_filter '</head>' '<script src="${PAGE_SCRIPT_PATH}" defer></script></head>';`;

test('the override for CVAT’s compose puts the script into the page, and lets no other path out', () => {
  const override = readFileSync('deploy/cvat/docker-compose.cvat.yml', 'utf8');
  assert.ok(override.includes(INSERTION));
  const rules = override.match(/routers\..*\.rule=.*/g);
  assert.equal(rules?.length, 1);
  assert.ok(rules[0].endsWith(` && Path(\`${PAGE_SCRIPT_PATH}\`)`));
  assert.doesNotMatch(override, /^ {4}ports:/m);
});

test('the snippet for nginx puts the script into the page, and lets no other path out', () => {
  const snippet = readFileSync('deploy/cvat/nginx.conf', 'utf8');
  assert.ok(snippet.includes(INSERTION));
  assert.deepEqual(snippet.match(/location .*(?= \{\n {4}proxy_pass http:\/\/samrefiner)/g), [
    `location = ${PAGE_SCRIPT_PATH}`,
  ]);
});

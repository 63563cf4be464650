import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';

const SOURCE = 'src';

/** Which folders (or files) of src each folder may import from, itself apart. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  refiner: [],
  formats: ['refiner', 'errors.ts'],
  onnx: ['refiner', 'formats', 'errors.ts'],
  'models-store': ['refiner', 'onnx', 'errors.ts'],
  eval: ['refiner', 'formats', 'onnx', 'errors.ts'],
  fit: ['refiner', 'formats', 'onnx', 'eval', 'models-store', 'errors.ts'],
  backend: [
    'refiner',
    'formats',
    'onnx',
    'fit',
    'errors.ts',
    'config.ts',
    'config-settings.ts',
    'config-table.ts',
    'config-values.ts',
  ],
};

function sourceFiles(): readonly string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  return [...text.matchAll(/from '([^']+)'|import\('([^']+)'\)/g)].map((match) => match[1] ?? match[2] ?? '');
}

/** The top folder (or the file, for files directly in src) that a relative import leads to. */
function areaOf(file: string, specifier: string): string {
  const target = relative('.', join(dirname(file), specifier)).replace(/\.js$/, '.ts');
  return target.split('/')[0] ?? '';
}

for (const [area, allowed] of Object.entries(ALLOWED)) {
  test(`src/${area} imports only from itself${allowed.length ? ` and ${allowed.join(', ')}` : ''}`, () => {
    for (const file of sourceFiles().filter((name) => name.startsWith(`${area}/`))) {
      for (const specifier of importsOf(file).filter((name) => name.startsWith('.'))) {
        const target = areaOf(file, specifier);
        assert.ok(
          target === area || allowed.includes(target),
          `src/${file} imports ${specifier}, which lies in ${target}`,
        );
      }
    }
  });
}

test('src/refiner imports no package at all', () => {
  for (const file of sourceFiles().filter((name) => name.startsWith('refiner/'))) {
    assert.deepEqual(
      importsOf(file).filter((name) => !name.startsWith('.')),
      [],
      `src/${file}`,
    );
  }
});

test('nothing imports the command line', () => {
  for (const file of sourceFiles().filter((name) => !name.startsWith('cli'))) {
    for (const specifier of importsOf(file).filter((name) => name.startsWith('.'))) {
      assert.ok(!areaOf(file, specifier).startsWith('cli'), `src/${file} imports ${specifier}`);
    }
  }
});

import { Ajv, type ErrorObject, type Schema } from 'ajv';
import { RefinerError } from '../errors.js';

const MAX_RECEIVED = 80;

/**
 * Compiles a JSON Schema, once at start, to a function that hands a value of unknown origin back as the type that the
 * schema describes. The function throws BODY_INVALID, saying what was expected, where, and what was received.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- only the schema knows the type
export function compileSchema<T>(schema: Schema): (value: unknown) => T {
  const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, verbose: true });
  const isValid = ajv.compile<T>(schema);
  return (value) => {
    if (isValid(value)) return value;
    throw new RefinerError('BODY_INVALID', factsOf(isValid.errors?.[0]));
  };
}

function factsOf(error: ErrorObject | undefined): { where: string; expected: string; received: string } {
  const where = error?.instancePath ?? '';
  return {
    where: where === '' ? 'the body' : where,
    expected: expectedBy(error),
    received: describeValue(error?.data),
  };
}

/** The schema's wish in words. */
function expectedBy(error: ErrorObject | undefined): string {
  const parameters = (error?.params ?? {}) as Readonly<Record<string, unknown>>;
  switch (error?.keyword) {
    case 'additionalProperties':
      return `no property "${String(parameters['additionalProperty'])}"`;
    case 'required':
      return `a property "${String(parameters['missingProperty'])}"`;
    case 'type':
      return [parameters['type']].flat().join(' or ');
    case 'enum':
      return `one of ${JSON.stringify(parameters['allowedValues'])}`;
    case 'oneOf':
      return 'exactly one of the described forms';
    default:
      return (error?.message ?? 'another value')
        .replace(/^must NOT have more than/, 'at most')
        .replace(/^must NOT have fewer than/, 'at least')
        .replace(/^must (?:be |have )?/, '');
  }
}

/** A value in a few characters; of strings and containers only kind and size. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string')
    return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    return `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'no properties'}`.slice(
      0,
      MAX_RECEIVED,
    );
  }
  return String(value);
}

interface TextSchema {
  readonly type: 'string';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

interface NumberSchema {
  readonly type: 'integer' | 'number';
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

interface BooleanSchema {
  readonly type: 'boolean';
}

interface ListSchema<Item> {
  readonly type: 'array';
  readonly items: SchemaOf<Item>;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

interface RecordSchema<T> {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly required: readonly string[];
  readonly properties: { readonly [Key in keyof T]-?: SchemaOf<Exclude<T[Key], undefined>> };
}

type PresentSchema<T> = [T] extends [string]
  ? string extends T
    ? TextSchema
    : { readonly type: 'string'; readonly enum: readonly T[] }
  : [T] extends [number]
    ? NumberSchema
    : [T] extends [boolean]
      ? BooleanSchema
      : [T] extends [readonly (infer Item)[]]
        ? ListSchema<Item>
        : RecordSchema<T>;

/**
 * The JSON Schemas that describe a type: each field, its kind, whether it may be null. What the schema says and the
 * type does not, or the other way round, does not compile. (Ajv's own `JSONSchemaType` cannot express a required field
 * that may be null.)
 */
export type SchemaOf<T> = [null] extends [T]
  ? PresentSchema<NonNullable<T>> & { readonly nullable: true }
  : PresentSchema<T>;

/** An object that has all of the fields, apart perhaps from the `optional` ones, and no others. */
export function record<T>(
  properties: RecordSchema<T>['properties'],
  optional: readonly (keyof T & string)[] = [],
): RecordSchema<T> {
  const required = Object.keys(properties).filter((name) => !optional.some((other) => other === name));
  return { type: 'object', additionalProperties: false, required, properties };
}

export const PROSE = { type: 'string', minLength: 1, maxLength: 4000 } as const;
export const FRACTION = { type: 'number', minimum: 0, maximum: 1 } as const;

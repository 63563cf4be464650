import type { ValueKind } from './config-values.js';

/** One setting of the environment. */
export interface Setting<T> {
  /** Environment names; the first that is set and not empty counts. */
  readonly names: readonly string[];
  /** A further name that other programs use too: read only where its value is one that this setting takes. */
  readonly sharedName?: string;
  readonly kind: ValueKind<T>;
  readonly default: T | null;
  /** What stands in the table where the default is null. */
  readonly defaultText?: string;
  readonly unit?: string;
  readonly secret?: boolean;
  /** One sentence. */
  readonly meaning: string;
}

/** A setting that always has a value. */
type Required<T> = Setting<T> & { readonly default: T };
/** A setting that is null unless given. */
type Optional<T> = Setting<T> & { readonly default: null };

/** A setting of one name with a default. */
export const setting = <const T>(
  name: string,
  kind: ValueKind<T>,
  value: NoInfer<T>,
  meaning: string,
  unit?: string,
): Required<T> => ({ names: [name], kind, default: value, meaning, ...(unit === undefined ? {} : { unit }) });

/** A setting that is null unless the environment gives it. */
export const optional = <const T>(
  names: readonly string[],
  kind: ValueKind<T>,
  defaultText: string,
  meaning: string,
  more: { readonly secret?: boolean; readonly sharedName?: string } = {},
): Optional<T> => ({ names, kind, default: null, defaultText, meaning, ...more });

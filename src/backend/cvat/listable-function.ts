/** A function of another Nuclio, as far as it is looked at here; the rest is handed on. */
export interface ListableFunction {
  readonly metadata: { readonly name: string };
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Whether CVAT can read a function in a list. One that lacks a member, or whose annotations it cannot parse, costs the
 * whole list, ours included (protocol note, section 2.3); those that CVAT merely skips are listable.
 */
export function isListable(value: unknown): value is ListableFunction {
  if (!isObject(value)) return false;
  const { metadata, spec, status } = value;
  if (!isObject(metadata) || !isObject(spec) || !isObject(status)) return false;
  const { name, annotations } = metadata;
  if (typeof name !== 'string' || !('description' in spec) || !isObject(annotations)) return false;
  return isInteger(annotations['version']) && areLabels(annotations['spec']);
}

function isInteger(version: unknown): boolean {
  return version === undefined || (version !== '' && Number.isInteger(Number(version)));
}

/** JSON text of a list of labels whose attributes have values, or nothing. */
function areLabels(spec: unknown): boolean {
  if (spec === undefined || spec === '') return true;
  const labels = typeof spec === 'string' ? parsed(spec) : undefined;
  return Array.isArray(labels) && labels.every(isLabel);
}

function isLabel(label: unknown): boolean {
  if (!isObject(label) || !('name' in label)) return false;
  const { attributes = [], sublabels = [] } = label;
  const hasValues = (attribute: unknown): boolean =>
    isObject(attribute) && 'name' in attribute && 'input_type' in attribute && 'values' in attribute;
  return (
    Array.isArray(attributes) &&
    attributes.every(hasValues) &&
    Array.isArray(sublabels) &&
    sublabels.every(isLabel)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

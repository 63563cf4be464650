import type { ServedModel } from '../models.js';

const PREFIX = 'samrefiner';

/**
 * The name under which a model's results are stored in Label Studio, which skips tasks that have the current one: what
 * `/setup` answers and predictions carry. The same as long as results would be the same.
 */
export function storedVersion({ inference }: ServedModel): string {
  const { modelVersion } = inference;
  return isOwnVersion(modelVersion) ? modelVersion : `${PREFIX}-${modelVersion}`;
}

/** Whether a prediction was made by this product, by any version of any model. */
export function isOwnVersion(modelVersion: string): boolean {
  return modelVersion === PREFIX || modelVersion.startsWith(`${PREFIX}-`);
}

/** Names under which refined results are stored in Label Studio; it skips tasks that have the current one. */
export interface ModelVersions {
  /** What `/setup` answers and predictions carry: the same as long as results would be the same. */
  readonly current: (project: string) => string;
  /** Whether a prediction was made by this product, by any version of any model. */
  readonly isOwn: (modelVersion: string) => boolean;
  /** For the list in Label Studio's settings, which names no project. */
  readonly all: () => readonly string[];
}

const PREFIX = 'samrefiner';

/** `modelVersion` gives the inference side's `<pack>-<version>`. */
export function createModelVersions(modelVersion: () => string): ModelVersions {
  const current = (): string => {
    const version = modelVersion();
    return isOwn(version) ? version : `${PREFIX}-${version}`;
  };
  return { current, isOwn, all: () => [current()] };
}

function isOwn(modelVersion: string): boolean {
  return modelVersion === PREFIX || modelVersion.startsWith(`${PREFIX}-`);
}

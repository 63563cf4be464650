import { isJsonObject } from './json-object.js';
import { projectNumber } from './predict-request.js';
import type { ProjectSetting } from './project-settings.js';

/** Longest `extra_params`, as JSON, that is kept; a few options need a hundred characters. */
const MAX_EXTRA_PARAMS_CHARACTERS = 64 * 1024;
const MAX_TEXT_CHARACTERS = 4096;

/**
 * What a `/setup` body says of its project (note 2). Nothing in it may fail the call, so what is unusable counts as
 * absent. `extra_params` comes as JSON or as a text of JSON. Null when no project is named.
 */
export function readSetup(
  body: unknown,
): { readonly project: string; readonly schema: string; readonly setting: ProjectSetting } | null {
  if (!isJsonObject(body)) return null;
  const project = projectNumber(body['project']);
  if (project === '' || project.length > 100) return null;
  return {
    project,
    schema: typeof body['schema'] === 'string' ? body['schema'] : '',
    setting: {
      hostname: shortText(body['hostname']),
      accessToken: shortText(body['access_token']),
      extraParams: readExtraParams(body['extra_params']),
    },
  };
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_CHARACTERS ? value : null;
}

/** JSON, or a text of JSON, as Label Studio has `extra_params`; a text that is none as it is, null for one too long. */
export function readExtraParams(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length > MAX_EXTRA_PARAMS_CHARACTERS) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

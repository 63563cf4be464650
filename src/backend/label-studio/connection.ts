import type { TaskImageContext } from './task-image-context.js';

export interface LabelStudioSettings {
  /** LABEL_STUDIO_URL, without a slash at the end; may have a path. */
  readonly labelStudioUrl: string | null;
  /** LABEL_STUDIO_API_KEY, legacy or personal. */
  readonly apiKey: string | null;
}

/** Who said it: the operator's environment or command line, or the body of a request. */
export type SaidBy = 'environment' | 'command' | 'request';

/** The Label Studio that a task belongs to. */
export interface Connection {
  /** http(s), without a slash at the end. */
  readonly baseUrl: string;
  readonly origin: string;
  readonly saidBy: SaidBy;
  readonly key: { readonly value: string; readonly saidBy: SaidBy } | null;
  /** True when there is an operator's key that this host, named by a request, must not get. */
  readonly keyWithheld: boolean;
  /** Other origins under which the same Label Studio is named in tasks. */
  readonly aliases: readonly string[];
}

/**
 * Finds the Label Studio of a task, or null. The environment wins over what requests say, and neither's credentials go
 * to a host that the other named: the operator's key only to LABEL_STUDIO_URL, the token of a `/setup` call only there or
 * to the host of that same call.
 */
export function connectionOf(settings: LabelStudioSettings, context: TaskImageContext): Connection | null {
  const names = [context.hostname, context.setupHostname ?? null]
    .map(httpBase)
    .filter((name) => name !== null);
  const setupKey = context.accessToken ? ({ value: context.accessToken, saidBy: 'request' } as const) : null;
  const configured = httpBase(settings.labelStudioUrl);
  if (configured !== null) {
    const key = settings.apiKey ? ({ value: settings.apiKey, saidBy: 'environment' } as const) : setupKey;
    return {
      ...configured,
      saidBy: 'environment',
      key,
      keyWithheld: false,
      aliases: names.map(({ origin }) => origin),
    };
  }
  const [named] = names;
  if (named === undefined) return null;
  const isFromSetup = named.origin === httpBase(context.setupHostname ?? null)?.origin;
  const key = isFromSetup ? setupKey : null;
  return { ...named, saidBy: 'request', key, keyWithheld: settings.apiKey !== null, aliases: [] };
}

function httpBase(text: string | null): { readonly baseUrl: string; readonly origin: string } | null {
  const trimmed = text?.trim() ?? '';
  if (!/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) return null;
  const { origin, pathname } = new URL(trimmed);
  return { baseUrl: (origin + pathname).replace(/\/+$/, ''), origin };
}

import type { LabelStudioProject, MlBackend } from './api/api-schema.js';
import type { LabelStudioApi, MlBackendSettings } from './api/label-studio-api.js';

export interface ConnectRequest {
  readonly project: number;
  /** Address at which Label Studio reaches this server. */
  readonly backendUrl: string;
  readonly title: string;
  readonly isInteractive: boolean;
  /** What this server asks callers for; null when it asks for nothing. */
  readonly basicAuth: { readonly user: string; readonly password: string } | null;
  /** JSON for the connection; undefined leaves what is there. */
  readonly extraParams?: unknown;
}

export interface Connected {
  readonly project: LabelStudioProject;
  readonly backend: MlBackend;
  readonly isNew: boolean;
  /** Another backend of the project that Label Studio asks instead, because it is the first. */
  readonly askedInstead: MlBackend | null;
  /** Whether the project's webhook to this server carries its credentials; null when none are needed. */
  readonly webhookAuthorized: boolean | null;
}

/**
 * Connects a project to this server, or brings the connection with this address or title up to date. Label Studio tries
 * it, and refuses with LABEL_STUDIO_REFUSED what it cannot reach. With credentials, the webhook that Label Studio
 * makes is given them too: it does not do so itself. Source: Label Studio protocol note sections 5.2 and 8.4.
 */
export async function connectProject(
  request: ConnectRequest,
  api: LabelStudioApi,
  signal: AbortSignal,
): Promise<Connected> {
  const project = await api.project(request.project, signal);
  const before = await api.listMlBackends(request.project, signal);
  const url = withoutSlash(request.backendUrl);
  const own =
    before.find((backend) => withoutSlash(backend.url) === url) ??
    before.find((backend) => backend.title === request.title);
  const settings = settingsOf(request, own);
  const backend = own
    ? await api.updateMlBackend(own.id, request.project, settings, signal)
    : await api.createMlBackend(request.project, settings, signal);
  const [first] = before;
  return {
    project,
    backend,
    isNew: !own,
    askedInstead: first && first.id !== backend.id ? first : null,
    webhookAuthorized: await authorizeWebhook(request, api, signal),
  };
}

function settingsOf(
  { backendUrl, title, isInteractive, basicAuth, extraParams }: ConnectRequest,
  own: MlBackend | undefined,
): MlBackendSettings {
  const extra = extraParams ?? own?.extra_params ?? null;
  return {
    url: withoutSlash(backendUrl),
    title,
    is_interactive: isInteractive,
    auth_method: basicAuth === null ? 'NONE' : 'BASIC_AUTH',
    ...(basicAuth === null ? {} : { basic_auth_user: basicAuth.user, basic_auth_pass: basicAuth.password }),
    ...(extra === null ? {} : { extra_params: extra }),
  };
}

async function authorizeWebhook(
  { project, backendUrl, basicAuth }: ConnectRequest,
  api: LabelStudioApi,
  signal: AbortSignal,
): Promise<boolean | null> {
  if (basicAuth === null) return null;
  const url = `${withoutSlash(backendUrl)}/webhook`;
  const own = (await api.listWebhooks(project, signal)).filter(
    (webhook) => withoutSlash(webhook.url) === url,
  );
  const code = Buffer.from(`${basicAuth.user}:${basicAuth.password}`).toString('base64');
  for (const { id, headers } of own) {
    await api.setWebhookHeaders(id, { ...textsOf(headers), Authorization: `Basic ${code}` }, signal);
  }
  return own.length > 0;
}

function textsOf(headers: Readonly<Record<string, unknown>> | null | undefined): Record<string, string> {
  const texts = Object.entries(headers ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts.filter(([name]) => name.toLowerCase() !== 'authorization'));
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

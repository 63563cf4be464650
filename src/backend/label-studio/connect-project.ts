import { RefinerError } from '../../errors.js';
import type { LabelStudioProject, MlBackend } from './api/api-schema.js';
import type { LabelStudioApi, MlBackendSettings } from './api/label-studio-api.js';
import { isJsonObject } from './json-object.js';
import { parseLabelConfig } from './label-config.js';
import { describeValue } from '../validate.js';
import { problem } from './option-kinds.js';
import { readProjectOptions } from './refine-policy.js';
import { readExtraParams } from './setup.js';
import { SECRET_HEADER } from './webhook-secret.js';

export interface ConnectRequest {
  readonly project: number;
  /** Address at which Label Studio reaches this server. */
  readonly backendUrl: string;
  readonly title: string;
  readonly isInteractive: boolean;
  /** What this server asks callers for; null when it asks for nothing. */
  readonly basicAuth: { readonly user: string; readonly password: string } | null;
  /** What this server asks webhooks for; null when it asks for nothing. */
  readonly webhookSecret: string | null;
  /** JSON for the connection; undefined leaves what is there. */
  readonly extraParams?: unknown;
}

export interface Connected {
  readonly project: LabelStudioProject;
  readonly backend: MlBackend;
  readonly isNew: boolean;
  /** Another backend of the project that Label Studio asks instead, because it is the first. */
  readonly askedInstead: MlBackend | null;
  /** Whether the project's webhook to this server carries credentials and secret; null when none are needed. */
  readonly webhookAuthorized: boolean | null;
  /** A line for each option of the connection or the labelling configuration that cannot be used. */
  readonly ignoredOptions: readonly string[];
}

/**
 * Connects a project to this server, or brings the connection with this address or title up to date. Label Studio tries
 * it, and refuses with LABEL_STUDIO_REFUSED what it cannot reach. Credentials and the secret are given to the webhook that
 * Label Studio makes too: it does not do so itself. Throws OPTIONS_INVALID for options that cannot be used, before
 * anything is changed. Source: Label Studio protocol note sections 5.2 and 8.4.
 */
export async function connectProject(
  request: ConnectRequest,
  api: LabelStudioApi,
  signal: AbortSignal,
): Promise<Connected> {
  requireUsableOptions(request.extraParams);
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
    ignoredOptions: [
      ...readProjectOptions(readExtraParams(settings.extra_params)).problems,
      ...parseLabelConfig(project.label_config).problems,
    ],
  };
}

/** Options given here are for this server, so that those in another place would have no effect. Throws OPTIONS_INVALID. */
function requireUsableOptions(extraParams: unknown): void {
  if (extraParams === undefined) return;
  const isElsewhere =
    isJsonObject(extraParams) && !('refine' in extraParams) && Object.keys(extraParams).length > 0;
  const { problems } = readProjectOptions(extraParams);
  const found = isElsewhere
    ? [problem('extra params', '{"refine": {…}}', describeValue(extraParams))]
    : problems;
  if (found.length > 0) throw new RefinerError('OPTIONS_INVALID', { where: found.join('; ') });
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
  { project, backendUrl, basicAuth, webhookSecret }: ConnectRequest,
  api: LabelStudioApi,
  signal: AbortSignal,
): Promise<boolean | null> {
  const wanted = {
    ...(basicAuth && { Authorization: `Basic ${base64(`${basicAuth.user}:${basicAuth.password}`)}` }),
    ...(webhookSecret === null ? {} : { [SECRET_HEADER]: webhookSecret }),
  };
  if (Object.keys(wanted).length === 0) return null;
  const url = `${withoutSlash(backendUrl)}/webhook`;
  const own = (await api.listWebhooks(project, signal)).filter(
    (webhook) => withoutSlash(webhook.url) === url,
  );
  for (const { id, headers } of own) {
    await api.setWebhookHeaders(id, { ...othersOf(headers, wanted), ...wanted }, signal);
  }
  return own.length > 0;
}

/** The headers that a webhook has but for those that are set anew, however they are written. */
function othersOf(
  headers: Readonly<Record<string, unknown>> | null | undefined,
  anew: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = Object.keys(anew).map((name) => name.toLowerCase());
  const texts = Object.entries(headers ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts.filter(([name]) => !names.includes(name.toLowerCase())));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

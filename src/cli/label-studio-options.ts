import { type Command, InvalidArgumentError } from 'commander';
import { createImageFetcher, type ImageFetcher } from '../backend/fetch-image.js';
import { JsonParser } from '../backend/json-parser.js';
import { createLabelStudioApi, type LabelStudioApi } from '../backend/label-studio/api/label-studio-api.js';
import { connectionOf } from '../backend/label-studio/connection.js';
import type { Config } from '../config.js';
import { httpUrl } from '../config-values.js';
import { RefinerError } from '../errors.js';
import { positiveInteger } from './model-options.js';

/** The options that say which project of which Label Studio. */
export interface LabelStudioFlags {
  /** As LABEL_STUDIO_URL says unless given. */
  readonly url?: string;
  /** As LABEL_STUDIO_API_KEY says unless given. */
  readonly token?: string;
  readonly project: number;
}

/** Label Studio as a command works with it; whoever opens it closes it. */
export interface OpenLabelStudio {
  readonly api: LabelStudioApi;
  readonly fetcher: ImageFetcher;
  readonly url: string;
  readonly token: string;
  readonly close: () => Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
const JSON_LIMITS = { maxDepth: 100, maxNodes: 10_000_000 };

/** Adds `--project`, `--url` and `--token` to a command. */
export function addLabelStudioOptions(command: Command): Command {
  return command
    .requiredOption(
      '--project <id>',
      'number of the project, as in its address in the browser',
      positiveInteger,
    )
    .option('--url <address>', 'Label Studio (default: LABEL_STUDIO_URL)', httpAddress)
    .option(
      '--token <token>',
      'legacy or personal access token (default: LABEL_STUDIO_API_KEY, which no process list shows)',
    );
}

/** An option's http(s) address, without a slash at the end. */
export function httpAddress(text: string): string {
  const address = httpUrl().parse(text);
  if (address === undefined) throw new InvalidArgumentError('Expected an http(s) address.');
  return address;
}

/** Opens the Label Studio that the flags, or else the settings, name. Throws CONFIG_INVALID when neither does. */
export function openLabelStudio(flags: LabelStudioFlags, config: Config): OpenLabelStudio {
  const url = flags.url ?? config.labelStudioUrl;
  const token = flags.token ?? config.labelStudioToken;
  if (url === null) throw missing('--url', 'LABEL_STUDIO_URL');
  if (token === null) throw missing('--token', 'LABEL_STUDIO_API_KEY');
  const connection = connectionOf({ labelStudioUrl: url, apiKey: token }, NOTHING_SAID);
  if (connection?.key === undefined || connection.key === null)
    throw missing('--token', 'LABEL_STUDIO_API_KEY');
  const fetcher = createImageFetcher({
    maxBytes: config.maxImageMb * MEBIBYTE,
    timeoutMs: config.fetchTimeoutMs,
    allowedOrigins: [...config.allowedOrigins, connection.origin],
    verifyTls: config.verifySsl,
  });
  const json = new JsonParser(JSON_LIMITS);
  const key = { ...connection.key, saidBy: flags.token === undefined ? 'environment' : 'command' } as const;
  return {
    api: createLabelStudioApi({ http: fetcher.http, json, connection: { ...connection, key } }),
    fetcher,
    url,
    token,
    close: async () => {
      await Promise.all([fetcher.close(), json.close()]);
    },
  };
}

/** No request says anything here. */
const NOTHING_SAID = {
  taskId: null,
  projectId: null,
  hostname: null,
  accessToken: null,
  login: null,
  password: null,
};

function missing(option: string, setting: string): RefinerError {
  return new RefinerError('CONFIG_INVALID', {
    expected: `${option}, or ${setting} to be set`,
    received: 'neither',
  });
}

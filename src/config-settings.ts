import { optional, setting } from './config-entry.js';
import { CVAT_SETTINGS } from './config-cvat-settings.js';
import { FIT_SETTINGS } from './config-fit-settings.js';
import { MASK_SETTINGS } from './config-mask-settings.js';
import { MODEL_SETTINGS } from './config-model-settings.js';
import { choice, flag, httpUrl, integer, originList, text } from './config-values.js';

/**
 * Every setting, in the order of the README's table, which is printed from here. The names without `SAMREFINER_` are
 * those that other backends of Label Studio read (protocol note, section 8.2).
 */
export const SETTINGS = {
  host: setting('SAMREFINER_HOST', text('address'), '0.0.0.0', 'Network address to listen on.'),
  port: setting('PORT', integer(0, 65535), 9090, 'Port to listen on; 0 takes a free one.'),
  cvatPort: optional(
    ['SAMREFINER_CVAT_PORT'],
    integer(0, 65535),
    '8070, or off with credentials',
    'Port at which CVAT, which sends no credentials, finds its functions; 0 switches it off.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      warning: 'warn',
      critical: 'fatal',
    }),
    'info',
    'Least severity that is logged.',
  ),
  basicAuthUser: optional(
    ['BASIC_AUTH_USER'],
    text('text'),
    'none',
    'User name that callers must send; set together with BASIC_AUTH_PASS.',
  ),
  basicAuthPass: optional(['BASIC_AUTH_PASS'], text('text'), 'none', 'Password that goes with it.', {
    secret: true,
  }),
  labelStudioUrl: optional(
    ['LABEL_STUDIO_URL', 'LABEL_STUDIO_HOST'],
    httpUrl(),
    'from /setup',
    'Address at which this server reaches Label Studio.',
    { sharedName: 'HOSTNAME' },
  ),
  labelStudioToken: optional(
    ['LABEL_STUDIO_API_KEY', 'LABEL_STUDIO_ACCESS_TOKEN'],
    text('token'),
    'from /setup',
    'Token of Label Studio, legacy or personal, to read images with.',
    { secret: true },
  ),
  ...CVAT_SETTINGS,
  webhookSecret: optional(
    ['SAMREFINER_WEBHOOK_SECRET'],
    text('text'),
    'none asked for',
    'Secret that webhooks of Label Studio must carry, as header X-Samrefiner-Secret or as secret in their address.',
    { secret: true },
  ),
  localFilesRoot: optional(
    ['LOCAL_FILES_DOCUMENT_ROOT'],
    text('folder'),
    'none',
    'Folder from which Label Studio’s local files are read directly.',
  ),
  verifySsl: setting('VERIFY_SSL', flag(), true, 'Whether the certificates of image hosts are checked.'),
  allowedOrigins: setting<readonly string[]>(
    'SAMREFINER_ALLOWED_ORIGINS',
    originList(),
    [],
    'Image hosts that may be contacted although they lie in a private network.',
  ),
  source: setting(
    'SAMREFINER_SOURCE',
    choice(['auto', 'predictions', 'annotations']),
    'auto',
    'Which shapes of a task are refined; auto takes predictions and, without one, annotations.',
  ),
  ...MODEL_SETTINGS,
  resultCacheMb: setting(
    'SAMREFINER_RESULT_CACHE_MB',
    integer(0, 1_048_576),
    512,
    'Disk space for finished results, so that a repeated request is answered at once; 0 keeps none.',
    'MiB',
  ),
  resultCacheDir: optional(
    ['SAMREFINER_RESULT_CACHE_DIR'],
    text('folder'),
    'in the adapters folder',
    'Folder of the finished results.',
  ),
  ...FIT_SETTINGS,
  dataDir: optional(
    ['SAMREFINER_DATA_DIR'],
    text('folder'),
    'none',
    'Folder below which jobs may read and write images and masks; without it they are refused.',
  ),
  jobsFile: optional(
    ['SAMREFINER_JOBS_FILE'],
    text('file'),
    'in the adapters folder',
    'SQLite file of the job queue; one server at a time has it.',
  ),
  maxQueued: setting(
    'SAMREFINER_MAX_QUEUED',
    integer(1, 100_000),
    64,
    'Images waiting for a worker before requests are refused.',
  ),
  maxRequests: setting(
    'SAMREFINER_MAX_REQUESTS',
    integer(1, 100_000),
    32,
    'Requests in progress, per kind, before further ones are refused.',
  ),
  maxInFlightMb: setting(
    'SAMREFINER_MAX_IN_FLIGHT_MB',
    integer(1, 1_048_576),
    256,
    'Size of all request bodies in progress, per kind, before further ones are refused.',
    'MiB',
  ),
  maxBodyMb: setting('SAMREFINER_MAX_BODY_MB', integer(1, 512), 64, 'Largest request body.', 'MiB'),
  maxJsonDepth: setting(
    'SAMREFINER_MAX_JSON_DEPTH',
    integer(8, 1000),
    100,
    'Deepest nesting of JSON.',
    'levels',
  ),
  maxImageMb: setting('SAMREFINER_MAX_IMAGE_MB', integer(1, 1024), 64, 'Largest image file.', 'MiB'),
  maxImageMegapixels: setting(
    'SAMREFINER_MAX_IMAGE_MEGAPIXELS',
    integer(1, 1000),
    100,
    'Most pixels of an image.',
    'million pixels',
  ),
  fetchTimeoutMs: setting(
    'SAMREFINER_FETCH_TIMEOUT_MS',
    integer(100, 600_000),
    20_000,
    'Time for fetching one image.',
    'ms',
  ),
  predictDeadlineMs: setting(
    'SAMREFINER_PREDICT_DEADLINE_MS',
    integer(100, 3_600_000),
    90_000,
    'Time for one request; Label Studio itself waits 100 s.',
    'ms',
  ),
  drainTimeoutMs: setting(
    'SAMREFINER_DRAIN_TIMEOUT_MS',
    integer(0, 600_000),
    25_000,
    'Time for requests in progress to finish when the server is told to stop.',
    'ms',
  ),
  ...MASK_SETTINGS,
} as const;

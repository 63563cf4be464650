import { optional, setting } from './config-entry.js';
import { httpUrl, idList, text, versionNumber } from './config-values.js';

/**
 * How CVAT finds this server's functions, tells of completed jobs, and is reached over REST; nothing is asked of it
 * without an address.
 */
export const CVAT_SETTINGS = {
  cvatUrl: optional(['CVAT_URL'], httpUrl(), 'none', 'Address at which this program reaches CVAT.'),
  cvatAccessToken: optional(
    ['CVAT_ACCESS_TOKEN'],
    text('token'),
    'none',
    'Personal access token of CVAT (2.48 or newer); goes before the other credentials.',
    { secret: true },
  ),
  cvatToken: optional(
    ['CVAT_TOKEN'],
    text('token'),
    'none',
    'Legacy token of CVAT, as its /api/auth/login gives it.',
    { secret: true },
  ),
  cvatUsername: optional(
    ['CVAT_USERNAME'],
    text('text'),
    'none',
    'User of CVAT where there is no token; set together with CVAT_PASSWORD.',
  ),
  cvatPassword: optional(['CVAT_PASSWORD'], text('text'), 'none', 'Password that goes with it.', {
    secret: true,
  }),
  cvatOrganization: optional(
    ['CVAT_ORGANIZATION'],
    text('short name'),
    'the personal space',
    'Organisation in CVAT whose tasks are meant.',
  ),
  cvatRecordsDir: optional(
    ['SAMREFINER_CVAT_RECORDS_DIR'],
    text('folder'),
    'in the adapters folder',
    'Folder in which is noted what was written to CVAT tasks, for going on and for taking back.',
  ),
  cvatShapesSince: optional(
    ['SAMREFINER_CVAT_SHAPES_SINCE'],
    versionNumber(),
    'never',
    'Version of CVAT from which the interactor answers runs with a confidence instead of a full-frame mask.',
  ),
  nuclioUpstream: optional(
    ['SAMREFINER_NUCLIO_UPSTREAM'],
    httpUrl(),
    'none',
    'Address of a Nuclio dashboard whose functions CVAT is to find here too.',
  ),
  cvatWebhookSecret: optional(
    ['SAMREFINER_CVAT_WEBHOOK_SECRET'],
    text('text'),
    'webhooks refused',
    'Secret with which CVAT signs its webhooks; the word unsigned takes those without a signature.',
    { secret: true },
  ),
  cvatDetectorProjects: setting<readonly number[]>(
    'SAMREFINER_CVAT_DETECTOR_PROJECTS',
    idList(),
    [],
    'Projects in CVAT for which a detector adds refined copies of the stored masks; it needs CVAT_URL.',
  ),
} as const;

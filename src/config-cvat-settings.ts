import { optional } from './config-entry.js';
import { httpUrl, text } from './config-values.js';

/** How CVAT finds this server's functions, and how it tells of completed jobs. */
export const CVAT_SETTINGS = {
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
} as const;

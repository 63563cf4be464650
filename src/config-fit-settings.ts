import { optional, setting } from './config-entry.js';
import { integer, text } from './config-values.js';

/** Settings of learning from projects. */
export const FIT_SETTINGS = {
  adaptersDir: setting(
    'SAMREFINER_ADAPTERS_DIR',
    text('folder'),
    'adapters',
    'Folder for what is learned per project.',
  ),
  fitMinNewMasks: setting(
    'SAMREFINER_FIT_MIN_NEW_MASKS',
    integer(0, 1_000_000),
    50,
    'Masks that a project must have gained before events of it lead to learning again.',
  ),
  fitMinMinutes: setting(
    'SAMREFINER_FIT_MIN_MINUTES',
    integer(0, 60),
    15,
    'Least time between two learnings of a project that events lead to.',
    'minutes',
  ),
  fitQuietSeconds: setting(
    'SAMREFINER_FIT_QUIET_SECONDS',
    integer(0, 3600),
    60,
    'Time without events of a project before they lead to learning.',
    's',
  ),
  cvatAdapter: optional(
    ['SAMREFINER_CVAT_ADAPTER'],
    text('project name'),
    'none',
    'Project whose adapter CVAT’s function calls use, since they name no project; such as cvat-7.',
  ),
} as const;

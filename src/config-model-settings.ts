import { optional, setting } from './config-entry.js';
import { choice, integer, text, textList } from './config-values.js';
import { DEVICES, PRECISIONS } from './onnx/execution.js';

/** Settings of which models are served, and on what. */
export const MODEL_SETTINGS = {
  model: setting(
    'SAMREFINER_MODEL',
    text('pack name or folder'),
    'auto',
    'Model pack; auto takes the best installed one, or else lite.',
  ),
  servedModels: setting<readonly string[]>(
    'SAMREFINER_SERVE',
    textList('pack names, comma-separated'),
    [],
    'Further model packs that projects and requests may choose; each is loaded when it is first needed.',
  ),
  modelsDir: optional(
    ['SAMREFINER_MODELS_DIR', 'MODEL_DIR'],
    text('folder'),
    'the program’s own',
    'Folder with further model packs; those that come with the program are always found.',
  ),
  workers: setting(
    'SAMREFINER_WORKERS',
    integer(1, 64),
    1,
    'Inference workers of each model, each with the model in memory of its own.',
  ),
  threadsPerWorker: setting(
    'SAMREFINER_THREADS',
    integer(0, 256),
    0,
    'Threads of each worker; 0 shares the cores among them.',
  ),
  precision: setting(
    'SAMREFINER_PRECISION',
    choice(PRECISIONS),
    'fp32',
    'Of the image encoder’s large matrices; int8 is faster, answers slightly different masks and needs a SAM or HQ-SAM checkpoint with a ViT.',
  ),
  device: setting(
    'SAMREFINER_DEVICE',
    choice(DEVICES),
    'cpu',
    'What models run on; auto takes the first that works, and without a usable graphics card all use the CPU.',
  ),
  cacheMb: setting(
    'SAMREFINER_CACHE_MB',
    integer(0, 1_048_576),
    512,
    'Memory for embeddings of images seen before, all workers of a model together.',
    'MiB',
  ),
} as const;

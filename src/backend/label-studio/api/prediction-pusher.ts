import { RefinerError } from '../../../errors.js';
import { jsonText } from '../../json-text.js';
import { isJsonObject } from '../json-object.js';
import type { LabelStudioApi, NewPrediction } from './label-studio-api.js';

/** Predictions of one call at most, and characters of its body. */
const MAX_PREDICTIONS = 50;
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** Calls for one chunk, when it stays unclear what became of the first. */
const MAX_CALLS = 3;

export interface PredictionPusher {
  /** Takes a prediction; resolves once there is room for the next. Rejects with the failure of an earlier chunk. */
  add(prediction: NewPrediction): Promise<void>;
  /** Stores what is left. */
  flush(): Promise<void>;
  /** How many have been stored. */
  readonly stored: number;
}

/**
 * Stores predictions in chunks, one call after the other. When a call fails without saying whether it was carried out, the
 * tasks are read and only what is missing is sent again, so that nothing is stored twice.
 */
export function createPredictionPusher(
  api: Pick<LabelStudioApi, 'importPredictions' | 'task'>,
  project: number,
  signal: AbortSignal,
): PredictionPusher {
  let waiting: NewPrediction[] = [];
  let characters = 0;
  let stored = 0;
  let last: Promise<void> = Promise.resolve();

  const sendWaiting = (): Promise<void> => {
    const chunk = waiting;
    waiting = [];
    characters = 0;
    last = last.then(async () => {
      await storeOnce(api, project, chunk, signal);
      stored += chunk.length;
    });
    return last;
  };

  return {
    async add(prediction) {
      const size = sizeOf(prediction);
      const isFull = waiting.length >= MAX_PREDICTIONS || characters + size > MAX_CHARACTERS;
      const sent = isFull && waiting.length > 0 ? sendWaiting() : last;
      waiting.push(prediction);
      characters += size;
      await sent;
    },
    flush: () => (waiting.length > 0 ? sendWaiting() : last),
    get stored() {
      return stored;
    },
  };
}

async function storeOnce(
  api: Pick<LabelStudioApi, 'importPredictions' | 'task'>,
  project: number,
  chunk: readonly NewPrediction[],
  signal: AbortSignal,
): Promise<void> {
  let missing = chunk;
  for (let call = 1; missing.length > 0; call++) {
    try {
      await api.importPredictions(project, missing, signal);
      return;
    } catch (error) {
      const code = error instanceof RefinerError ? error.code : null;
      const isUnclear = code === 'LABEL_STUDIO_FAILED' || code === 'LABEL_STUDIO_TIMEOUT';
      if (!isUnclear || call >= MAX_CALLS) throw error;
      missing = await notStored(api, missing, signal);
    }
  }
}

async function notStored(
  api: Pick<LabelStudioApi, 'task'>,
  chunk: readonly NewPrediction[],
  signal: AbortSignal,
): Promise<readonly NewPrediction[]> {
  const missing: NewPrediction[] = [];
  for (const prediction of chunk) {
    const { predictions } = await api.task(prediction.task, signal);
    if (!hasVersion(predictions, prediction.model_version)) missing.push(prediction);
  }
  return missing;
}

/** Whether one of a task's predictions is of that model version. */
export function hasVersion(predictions: unknown, modelVersion: string): boolean {
  if (!Array.isArray(predictions)) return false;
  return predictions.some((entry) => isJsonObject(entry) && entry['model_version'] === modelVersion);
}

function sizeOf(prediction: NewPrediction): number {
  let size = 0;
  for (const piece of jsonText(prediction)) size += piece.length;
  return size;
}

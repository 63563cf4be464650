import { RefinerError } from '../errors.js';
import type { Inference } from '../onnx/inference.js';

const RETRY_AFTER_SECONDS = 5;

/** An inference that is still being opened, usable already: until it is there, requests are refused with NOT_READY. */
export interface PendingInference {
  readonly inference: Inference;
  /** Resolves when it is open; rejects with what refused to open. */
  readonly opened: Promise<void>;
}

/**
 * Opens the inference in the background, so that the server answers from the first moment. `modelVersion` is what the
 * pack says; closing gives up an opening that is not finished.
 */
export function openInBackground(
  modelVersion: string,
  open: (signal: AbortSignal) => Promise<Inference>,
): PendingInference {
  const givingUp = new AbortController();
  let inner: Inference | null = null;
  const opened = open(givingUp.signal).then((inference) => {
    inner = inference;
  });
  // Whoever waits for `opened` hears of a refusal; closing without having waited must not end the process.
  opened.catch(() => undefined);
  const inference: Inference = {
    get modelVersion() {
      return modelVersion;
    },
    get queued() {
      return inner?.queued ?? 0;
    },
    isReady: () => inner?.isReady() ?? false,
    refine: (request, options) =>
      inner === null
        ? Promise.reject(new RefinerError('NOT_READY', { retryAfterSeconds: RETRY_AFTER_SECONDS }))
        : inner.refine(request, options),
    close: async () => {
      givingUp.abort(new RefinerError('ABORTED'));
      await opened.catch(() => undefined);
      await inner?.close();
    },
  };
  return { inference, opened };
}

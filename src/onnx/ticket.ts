import { RefinerError } from '../errors.js';
import { createDeferred } from './deferred.js';
import type {
  ExamplesAnswer,
  ExamplesRequest,
  Lane,
  RefineAnswer,
  RefineRequest,
  RequestLimits,
} from './inference.js';

/** A request of shapes is answered by their outcomes, one of objects by what was learned of them. */
export type Request = RefineRequest | ExamplesRequest;
export type Answer = RefineAnswer | ExamplesAnswer;

/** A request between its submission and its answer. Settled once; what comes later is ignored. */
export interface Ticket {
  readonly id: number;
  readonly request: Request;
  readonly lane: Lane;
  /** `performance.now()` at submission. */
  readonly submittedAtMs: number;
  /** The content hash of its image, once it is known. */
  imageKey: string | null;
  /** `performance.now()` when it was sent to a worker. */
  sentAtMs: number;
  readonly settled: boolean;
  readonly answer: Promise<Answer>;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** The longest delay that a timer of the runtime takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Opens a ticket that is rejected with DEADLINE_EXCEEDED `deadlineMs` from now and with the signal's reason when it is
 * aborted; `onCancel` hears of either. Timer and listener are gone once the ticket is settled.
 */
export function openTicket(
  id: number,
  request: Request,
  { deadlineMs, signal }: RequestLimits,
  onCancel: (ticket: Ticket) => void,
): Ticket {
  const { promise, resolve, reject } = createDeferred<Answer>();
  let settled = false;
  let timer: NodeJS.Timeout | null = null;

  function settle(): boolean {
    if (settled) return false;
    settled = true;
    if (timer !== null) clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    return true;
  }

  const ticket: Ticket = {
    id,
    request,
    lane: request.lane,
    submittedAtMs: performance.now(),
    imageKey: null,
    sentAtMs: 0,
    get settled() {
      return settled;
    },
    answer: promise,
    resolve(answer) {
      if (settle()) resolve(answer);
    },
    reject(error) {
      if (settle()) reject(error);
    },
  };

  function cancel(error: unknown): void {
    ticket.reject(error);
    onCancel(ticket);
  }
  function onAbort(): void {
    cancel(signal?.reason);
  }
  signal?.addEventListener('abort', onAbort, { once: true });
  if (deadlineMs <= LONGEST_TIMER_MS) {
    timer = setTimeout(() => cancel(deadlineError(deadlineMs)), deadlineMs);
  }
  return ticket;
}

/** The answer to a request of shapes. */
export function requireOutcomes(answer: Answer): RefineAnswer {
  if ('outcomes' in answer) return answer;
  throw new RefinerError('INTERNAL', { expected: 'outcomes', received: 'examples' });
}

/** The answer to a request of objects. */
export function requireExamples(answer: Answer): ExamplesAnswer {
  if ('objects' in answer) return answer;
  throw new RefinerError('INTERNAL', { expected: 'examples', received: 'outcomes' });
}

export function deadlineError(deadlineMs: number): RefinerError {
  return new RefinerError('DEADLINE_EXCEEDED', {
    expected: `an answer within ${deadlineMs} ms`,
    retryAfterSeconds: 1,
  });
}

/** Starts of a job before it is given up; those that a shutdown interrupted are not counted. */
export const MAX_ATTEMPTS = 5;
/** Longest quiet time that a request may ask for, and longest time that later requests can put a job off. */
export const MAX_DELAY_MS = 3_600_000;
export const MAX_QUEUED = 1000;
/** How long, and how many, finished jobs are kept. */
export const RETENTION_MS = 30 * 24 * 3_600_000;
export const FINISHED_KEPT = 1000;
/** Before a failed start is repeated, times the starts so far. */
export const RETRY_AFTER_MS = 5000;

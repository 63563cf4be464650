import type { JobProgress } from './job.js';

/** What a runner has of the job that it runs. */
export interface JobContext<State> {
  /** Of the job. */
  readonly project: string;
  /** Aborts when the job is cancelled or the server stops: the runner then ends soon, by throwing. */
  readonly signal: AbortSignal;
  /** What earlier starts of the job saved, by key, in the order of saving. */
  readonly saved: ReadonlyMap<string, State>;
  /** Resolves when progress and, if given, one finished piece are on the disk. */
  readonly save: (progress: JobProgress, piece?: readonly [key: string, state: State]) => Promise<void>;
}

/** How jobs of one kind are done. */
export interface JobRunner<Input, State> {
  readonly kind: string;
  /** JSON Schema of the input, for the OpenAPI document. */
  readonly inputSchema: object;
  /** Checks an input of unknown origin before the job is taken; the same wish makes the same JSON. Throws RefinerError. */
  check(input: unknown, project: string): Promise<Input>;
  /** What `save` once took, read back. */
  readonly readState: (value: unknown) => State;
  /**
   * Does the work and answers the result, a JSON value. A piece that `saved` holds is not done again. Errors of status
   * 503 are tried again later, others fail the job.
   */
  run(input: Input, context: JobContext<State>): Promise<unknown>;
}

/** A runner whose types only it knows: what the registry holds. */
export interface RegisteredRunner {
  readonly kind: string;
  readonly inputSchema: object;
  check(input: unknown, project: string): Promise<unknown>;
  run(input: unknown, context: JobContext<unknown>): Promise<unknown>;
}

/** Closes a runner over its types: inputs and saved pieces come from the disk and are checked on their way in. */
export function register<Input, State>(runner: JobRunner<Input, State>): RegisteredRunner {
  return {
    kind: runner.kind,
    inputSchema: runner.inputSchema,
    check: (input, project) => runner.check(input, project),
    run: async (input, context) => {
      const pieces = [...context.saved].map(([key, value]) => [key, runner.readState(value)] as const);
      return runner.run(await runner.check(input, context.project), {
        project: context.project,
        signal: context.signal,
        saved: new Map(pieces),
        save: (progress, piece) => context.save(progress, piece),
      });
    },
  };
}

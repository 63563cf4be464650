const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A wait for the wish to stop. A second signal, after `close`, ends the process the hard way. */
export interface StopSignal {
  /** Resolves with the name of the signal that came, or 'abort' for the caller's. */
  readonly stopped: Promise<string>;
  close(): void;
}

/** Listens to SIGTERM (orchestrators), SIGINT (Ctrl-C) and an AbortSignal (programs that embed the server). */
export function awaitStop(signal?: AbortSignal): StopSignal {
  let resolve: (reason: string) => void = () => undefined;
  const stopped = new Promise<string>((settle) => {
    resolve = settle;
  });
  const onAbort = (): void => resolve('abort');
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort);
  for (const name of SIGNALS) process.on(name, resolve);
  return {
    stopped,
    close: () => {
      signal?.removeEventListener('abort', onAbort);
      for (const name of SIGNALS) process.off(name, resolve);
    },
  };
}

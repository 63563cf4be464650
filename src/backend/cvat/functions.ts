/** One function as Nuclio's dashboard lists it, with all that CVAT reads (protocol note, section 2.3). */
export interface NuclioFunction {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Annotations;
  };
  readonly spec: { readonly description: string };
  readonly status: { readonly state: 'ready' | 'building'; readonly httpPort: number };
}

/** Strings throughout, as in Nuclio. */
export type Annotations = Readonly<Record<string, string>>;

/** One call of a function. */
export interface FunctionCall {
  /** Parsed JSON that nothing has checked. */
  readonly body: unknown;
  /** `CVAT/<version> …` */
  readonly userAgent: string;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** A function that CVAT finds here. */
export interface CvatFunction {
  readonly name: string;
  readonly description: string;
  /** What CVAT is told of it; null while it cannot be offered. */
  readonly annotations: (signal: AbortSignal) => Promise<Annotations | null>;
  /** Whether a call with these members is meant for it, where the call names no function. */
  readonly takes: (members: ReadonlySet<string>) => boolean;
  /** The answer, a JSON value. Throws RefinerError. */
  readonly answer: (call: FunctionCall) => Promise<unknown>;
}

/**
 * A function as CVAT is to find it. `httpPort` is the port at which the `direct` method of invocation calls it: one for
 * all our functions, which tell their calls apart by their members.
 */
export function nuclioFunction(
  { name, description }: CvatFunction,
  annotations: Annotations,
  { isReady, httpPort }: { readonly isReady: boolean; readonly httpPort: number },
): NuclioFunction {
  return {
    metadata: { name, namespace: 'nuclio', labels: { 'nuclio.io/project-name': 'cvat' }, annotations },
    spec: { description },
    status: { state: isReady ? 'ready' : 'building', httpPort },
  };
}

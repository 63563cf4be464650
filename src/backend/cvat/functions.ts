/** One function as Nuclio's dashboard lists it, with all that CVAT reads (protocol note, section 2.3). */
export interface NuclioFunction {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Strings throughout, as in Nuclio. */
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly description: string };
  readonly status: { readonly state: 'ready' | 'building'; readonly httpPort: number };
}

/**
 * The functions that CVAT finds here. `httpPort` is the port at which CVAT's `direct` invocation calls them.
 *
 * The tracker kind is the one whose calls carry masks. `rectangle` is not among its shape types, although it takes
 * them: it would put the function among the stock trackers, which it is not (note 3.3).
 */
export function nuclioFunctions(isReady: boolean, httpPort: number): readonly NuclioFunction[] {
  return [
    {
      metadata: {
        name: 'samrefiner-refine',
        namespace: 'nuclio',
        labels: { 'nuclio.io/project-name': 'cvat' },
        annotations: {
          name: 'SAMRefiner (refine)',
          type: 'tracker',
          spec: '',
          version: '1',
          supported_shape_types: 'mask,polygon',
        },
      },
      spec: { description: 'Refines the given masks and polygons' },
      status: { state: isReady ? 'ready' : 'building', httpPort },
    },
  ];
}

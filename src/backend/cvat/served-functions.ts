import { RefinerError } from '../../errors.js';
import type { Services } from '../services.js';
import { type CvatFunction, type NuclioFunction, nuclioFunction } from './functions.js';
import { detectorFunction } from './detector-function.js';
import { interactorFunction } from './interactor-function.js';
import { refineFunction } from './refine-function.js';

/** The functions of our own. */
export interface ServedFunctions {
  /** Those that can be offered now. */
  list(signal: AbortSignal): Promise<readonly NuclioFunction[]>;
  /** Null for a name that is not ours. */
  get(name: string): CvatFunction | null;
  describe(one: CvatFunction, signal: AbortSignal): Promise<NuclioFunction>;
  /** The function that a call without a name is meant for. Throws BODY_INVALID. */
  forBody(body: unknown): CvatFunction;
  readonly names: readonly string[];
}

export function servedFunctions(services: Services, httpPort: number): ServedFunctions {
  const { inference } = services.models.default;
  const functions = [
    refineFunction(services),
    interactorFunction(services),
    ...(services.storedMasks ? [detectorFunction(services, services.storedMasks)] : []),
  ];
  const describe = async (one: CvatFunction, signal: AbortSignal): Promise<NuclioFunction | null> => {
    const annotations = await one.annotations(signal);
    const state = { isReady: inference.isReady(), httpPort };
    return annotations === null ? null : nuclioFunction(one, annotations, state);
  };
  const names = functions.map(({ name }) => name);
  return {
    names,
    list: async (signal) => {
      const all = await Promise.all(functions.map((one) => describe(one, signal)));
      return all.filter((one) => one !== null);
    },
    get: (name) => functions.find((one) => one.name === name) ?? null,
    describe: async (one, signal) => {
      const described = await describe(one, signal);
      if (described) return described;
      throw new RefinerError('NOT_FOUND', { received: one.name });
    },
    forBody: (body) => {
      const members = new Set(typeof body === 'object' && body !== null ? Object.keys(body) : []);
      const found = functions.find((one) => one.takes(members));
      if (found) return found;
      throw new RefinerError('BODY_INVALID', {
        where: 'the body',
        expected: `a call of ${names.join(' or ')}`,
        received: `an object with ${[...members].slice(0, 8).join(', ') || 'no properties'}`.slice(0, 80),
      });
    },
  };
}

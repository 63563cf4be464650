import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import type { CvatFunction } from './functions.js';
import { REFINE_CALL_SCHEMA, refineAnswer, type RefineCall, shapeRequests } from './refine-call.js';
import { imageRefiner } from './refine-image.js';

/**
 * `samrefiner-refine`. The tracker kind is the one whose calls carry masks. `rectangle` is not among its shape types,
 * although it takes them: it would put the function among the stock trackers, which it is not (note 3.3).
 */
export function refineFunction(services: Services): CvatFunction {
  const { config } = services;
  const check = compileSchema<RefineCall>(REFINE_CALL_SCHEMA);
  const images = imageRefiner(services);
  const polygon = {
    kind: 'polygon',
    minIou: config.polygonMinIou,
    maxVertices: config.polygonMaxVertices,
  } as const;
  const annotations = {
    name: 'SAMRefiner (refine)',
    type: 'tracker',
    spec: '',
    version: '1',
    supported_shape_types: 'mask,polygon',
  };
  return {
    name: 'samrefiner-refine',
    description: 'Refines the given masks and polygons',
    annotations: () => Promise.resolve(annotations),
    takes: (members) => members.has('shapes'),
    answer: async (call) => {
      const checked = check(call.body);
      const shapes = shapeRequests(checked, polygon);
      if (shapes.length === 0) return refineAnswer(checked, []);
      const { outcomes } = await images.refine(await images.decode(checked.image), shapes, call);
      return refineAnswer(checked, outcomes);
    },
  };
}

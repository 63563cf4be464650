import type { Config } from '../../config.js';
import { sourcesOf } from './refine-policy.js';
import type { PlanSettings } from './task-plan.js';

/** What of tasks is refined and into what, as the settings say; projects may choose otherwise (see `policyOf`). */
export function configuredPlan(config: Config): PlanSettings {
  return {
    policy: {
      sources: sourcesOf(config.source),
      boxOutput: 'auto',
      skipLabels: [],
      semantic: false,
      model: null,
    },
    output: { polygonMinIou: config.polygonMinIou, polygonMaxVertices: config.polygonMaxVertices },
  };
}

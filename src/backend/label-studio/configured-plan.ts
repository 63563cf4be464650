import type { Config } from '../../config.js';
import { serverPolicy } from './refine-policy.js';
import type { PlanSettings } from './task-plan.js';

/** What of tasks is refined and into what, as the settings say; projects may choose otherwise (see `policyOf`). */
export function configuredPlan(config: Config): PlanSettings {
  return {
    policy: serverPolicy(config.source),
    output: { polygonMinIou: config.polygonMinIou, polygonMaxVertices: config.polygonMaxVertices },
  };
}

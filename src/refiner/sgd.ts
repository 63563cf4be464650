/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */

/** How the learning rate falls: by the factor `decay` once each of `milestones` steps are done. */
export interface StepSchedule {
  readonly learningRate: number;
  readonly milestones: readonly number[];
  readonly decay: number;
}

/** The learning rate of the step after `doneSteps` steps, as `torch.optim.lr_scheduler.MultiStepLR` sets it. */
export function learningRateAfter(
  doneSteps: number,
  { learningRate, milestones, decay }: StepSchedule,
): number {
  return milestones.reduce((rate, milestone) => (doneSteps >= milestone ? rate * decay : rate), learningRate);
}

export interface SgdOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/**
 * One step of stochastic gradient descent in place: velocity ← momentum · velocity + (gradient + weightDecay · weight),
 * weight ← weight − learningRate · velocity. The velocity starts at zero. As `torch.optim.SGD` without dampening and
 * without Nesterov's momentum.
 */
export function sgdStep(
  weights: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  { learningRate, momentum, weightDecay }: SgdOptions,
): void {
  for (let i = 0; i < weights.length; i++) {
    const slope = gradient[i]! + weightDecay * weights[i]!;
    velocity[i] = momentum * velocity[i]! + slope;
    weights[i]! -= learningRate * velocity[i]!;
  }
}

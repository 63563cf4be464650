/* eslint-disable @typescript-eslint/no-non-null-assertion -- the examples were checked, their indices exist */
import { bootstrapInterval, type DifferenceGroup, type Interval } from './bootstrap.js';
import { firstGreatest } from './first-greatest.js';
import { adaptIous, type IouAdapter } from './iou-adapter.js';
import { refuseExamples, type ExamplesFault, type IouExample } from './iou-example.js';

export interface JudgeOptions {
  /** Fewer held-out images say too little. */
  readonly minImages: number;
  readonly resamples: number;
  readonly confidence: number;
  readonly seed: number;
}

export const JUDGE_DEFAULTS: JudgeOptions = { minImages: 10, resamples: 2000, confidence: 0.95, seed: 0 };

/** How well the candidates were chosen. */
export interface ChoiceFigures {
  /** Share of examples whose chosen candidate matches as well as the best one. */
  readonly top1Accuracy: number;
  /** Mean true IoU of the chosen candidates. */
  readonly meanIou: number;
}

export interface JudgeFigures {
  readonly examples: number;
  readonly images: number;
  /** Examples for which the adapter chooses another candidate. */
  readonly changed: number;
  readonly before: ChoiceFigures;
  readonly after: ChoiceFigures;
  /** Mean true IoU if the best candidate were always chosen. */
  readonly bestMeanIou: number;
  /** Of the gain in mean IoU, after − before, under resampled images. */
  readonly gainInterval: Interval;
}

export type Judgement =
  | { readonly status: 'accepted'; readonly figures: JudgeFigures }
  | {
      readonly status: 'refused';
      /** `not-better`: the mean IoU does not rise, or the interval of its gain reaches 0. */
      readonly reason: ExamplesFault | 'too-few-images' | 'does-not-fit' | 'not-better';
      /** Null when nothing could be measured. */
      readonly figures: JudgeFigures | null;
      readonly detail: string;
    };

export interface JudgePace {
  readonly signal?: AbortSignal;
  /** Waited for between short pieces of work, so that a caller on a busy event loop can give way. */
  readonly giveWay?: () => void | Promise<void>;
}

/**
 * Whether an adapter chooses better candidates than the model alone, on examples that it was not trained on (see
 * `splitByImage`). Accepted only when the mean IoU of the chosen candidates rises and the interval of that gain, paired
 * and by image, lies above 0. Rejects with the signal's reason when aborted.
 */
export async function judgeIouAdapter(
  heldOut: readonly IouExample[],
  selectable: readonly number[],
  adapter: IouAdapter,
  options: JudgeOptions,
  { signal, giveWay }: JudgePace = {},
): Promise<Judgement> {
  signal?.throwIfAborted();
  const refusal = refuseExamples(heldOut, { least: 1, selectable });
  if (refusal !== null) return { status: 'refused', figures: null, ...refusal };
  const pace = async (): Promise<void> => {
    signal?.throwIfAborted();
    await giveWay?.();
  };
  const choices: Choice[] = [];
  for (const example of heldOut) {
    if (choices.length % EXAMPLES_AT_A_TIME === 0) await pace();
    const choice = choose(example, selectable, adapter);
    if (choice === null) {
      const detail = `example ${choices.length}: the adapter is of another shape or its IoUs are not finite`;
      return { status: 'refused', reason: 'does-not-fit', figures: null, detail };
    }
    choices.push(choice);
  }
  const groups = gainsByImage(choices);
  if (groups.length < options.minImages) {
    const detail = `expected at least ${options.minImages} held-out images, received ${groups.length}`;
    return { status: 'refused', reason: 'too-few-images', figures: null, detail };
  }
  const figures = figuresOf(choices, groups.length, await bootstrapInterval(groups, options, pace));
  const { before, after, gainInterval } = figures;
  if (after.meanIou > before.meanIou && gainInterval.low > 0) return { status: 'accepted', figures };
  const detail = `mean IoU ${before.meanIou} before, ${after.meanIou} after, gain at least ${gainInterval.low}`;
  return { status: 'refused', reason: 'not-better', figures, detail };
}

const EXAMPLES_AT_A_TIME = 256;

interface Choice {
  readonly image: string;
  readonly changed: boolean;
  /** True IoUs of the candidate chosen by the model, of the one chosen with the adapter, and of the best. */
  readonly before: number;
  readonly after: number;
  readonly best: number;
}

/** Null when the adapter was made for another model or leads to numbers that are not finite. */
function choose(example: IouExample, selectable: readonly number[], adapter: IouAdapter): Choice | null {
  const { image, features, ious, trueIous } = example;
  if (adapter.features !== features.length || adapter.outputs !== ious.length) return null;
  const before = firstGreatest(ious, selectable);
  const after = firstGreatest(adaptIous(ious, features, adapter), selectable);
  const best = firstGreatest(trueIous, selectable);
  if (before === null || after === null || best === null) return null;
  return {
    image,
    changed: after !== before,
    before: trueIous[before]!,
    after: trueIous[after]!,
    best: trueIous[best]!,
  };
}

function gainsByImage(choices: readonly Choice[]): readonly DifferenceGroup[] {
  const groups = new Map<string, DifferenceGroup>();
  for (const { image, before, after } of choices) {
    const { count, sum } = groups.get(image) ?? { count: 0, sum: 0 };
    groups.set(image, { count: count + 1, sum: sum + after - before });
  }
  return [...groups.values()];
}

function figuresOf(choices: readonly Choice[], images: number, gainInterval: Interval): JudgeFigures {
  const mean = (value: (choice: Choice) => number): number =>
    choices.reduce((sum, choice) => sum + value(choice), 0) / choices.length;
  return {
    examples: choices.length,
    images,
    changed: choices.filter(({ changed }) => changed).length,
    before: {
      top1Accuracy: mean(({ before, best }) => Number(before === best)),
      meanIou: mean(({ before }) => before),
    },
    after: {
      top1Accuracy: mean(({ after, best }) => Number(after === best)),
      meanIou: mean(({ after }) => after),
    },
    bestMeanIou: mean(({ best }) => best),
    gainInterval,
  };
}

import { RefinerError } from '../../errors.js';
import { loadAdapter, type StoredAdapter, storeAdapter } from '../../fit/adapter-store.js';
import { learnAdapter } from '../../fit/learn-adapter.js';
import type { IouAdapter } from '../../refiner/iou-adapter.js';
import { JUDGE_DEFAULTS, judgeIouAdapter, type JudgeFigures } from '../../refiner/judge.js';
import { giveTurns } from '../give-turns.js';
import type { ServedModel } from '../models.js';
import type { FitWish } from './fit-input.js';
import { type CorrectedFigures, fitData, type FitDecision } from './fit-report.js';
import type { GatheredExamples } from './gather-examples.js';

export interface DecisionContext {
  readonly adaptersDir: string;
  /** Under which the adapter is kept. */
  readonly project: string;
  readonly model: Pick<ServedModel, 'inference' | 'fingerprint'>;
  readonly wish: Pick<FitWish, 'prompt'>;
  /** Only decides, keeps nothing. */
  readonly dryRun?: boolean;
  readonly signal: AbortSignal;
  /** Told how learning goes; waited for. */
  readonly onProgress: (message: string) => Promise<void>;
}

/**
 * Learns an adapter and keeps it if it chooses better masks on held-out images than the model alone, and than the one in
 * use. Gives way to other work often. Throws the signal's reason.
 */
export async function decideFit(gathered: GatheredExamples, context: DecisionContext): Promise<FitDecision> {
  const { model, signal, onProgress, adaptersDir, project, wish } = context;
  const giveWay = giveTurns();
  const learned = await learnAdapter(gathered, {
    signal,
    giveWay,
    onStep: ({ step, steps, loss }) =>
      onProgress(`learning: step ${step} of ${steps}, loss ${loss.toFixed(4)}`),
  });
  const about = { model: model.inference.modelVersion, data: fitData(gathered) };
  if (learned.status === 'refused') {
    const { stage, reason, detail, figures } = learned;
    return { status: 'refused', stage, reason, detail, ...about, figures };
  }
  const { adapter, figures, learningRate } = learned;
  const inUse = await usableAdapter(context);
  const judge = (examples: GatheredExamples['heldOut'], of: IouAdapter): Promise<JudgeFigures | null> =>
    figuresOf(examples, gathered.selectable, of, { signal, giveWay });
  const before = inUse === null ? null : await judge(gathered.heldOut, inUse.record.adapter);
  const corrected = await judge(
    gathered.heldOut.filter((example) => example.corrected),
    adapter,
  );
  const accepted = {
    status: 'accepted',
    ...about,
    learningRate,
    figures,
    corrected: correctedFigures(corrected),
  } as const;
  if (inUse !== null && sameNumbers(adapter, inUse.record.adapter)) {
    return { ...accepted, version: inUse.version };
  }
  if (inUse !== null && before !== null && before.after.meanIou >= figures.after.meanIou) {
    const detail = `mean IoU ${before.after.meanIou} with version ${inUse.version}, ${figures.after.meanIou} with the new one`;
    return {
      status: 'refused',
      stage: 'in-use',
      reason: 'not-better-than-in-use',
      detail,
      ...about,
      figures,
    };
  }
  if (context.dryRun === true) return { ...accepted, version: null };
  const training = gathered.training;
  const version = await storeAdapter(adaptersDir, project, {
    model: { version: model.inference.modelVersion, fingerprint: model.fingerprint },
    data: {
      prompt: wish.prompt,
      images: new Set(training.map(({ image }) => image)).size,
      examples: training.length,
      corrected: training.filter((example) => example.corrected).length,
    },
    figures,
    adapter,
  });
  return { ...accepted, version };
}

/** The adapter in use, if it is whole and was learned with this model. */
async function usableAdapter({
  adaptersDir,
  project,
  model,
}: DecisionContext): Promise<StoredAdapter | null> {
  try {
    const stored = await loadAdapter(adaptersDir, project);
    return stored.record.model.fingerprint === model.fingerprint ? stored : null;
  } catch (error) {
    if (error instanceof RefinerError) return null;
    throw error;
  }
}

/** Figures however few the images are; null when nothing can be measured. */
async function figuresOf(
  examples: GatheredExamples['heldOut'],
  selectable: readonly number[],
  adapter: IouAdapter,
  pace: { readonly signal: AbortSignal; readonly giveWay: () => void | Promise<void> },
): Promise<JudgeFigures | null> {
  const options = { ...JUDGE_DEFAULTS, minImages: 1 };
  return (await judgeIouAdapter(examples, selectable, adapter, options, pace)).figures;
}

function correctedFigures(figures: JudgeFigures | null): CorrectedFigures | null {
  if (figures === null) return null;
  const { examples, before, after, gainInterval } = figures;
  return { examples, before, after, gainInterval };
}

function sameNumbers(a: IouAdapter, b: IouAdapter): boolean {
  const same = (x: Float64Array, y: Float64Array): boolean =>
    x.length === y.length && x.every((value, i) => value === y[i]);
  return same(a.loraA, b.loraA) && same(a.loraB, b.loraB);
}

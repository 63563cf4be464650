import type { ShapeOutcome } from '../../onnx/inference.js';
import type { Figures, KeptReason } from '../../refiner/verdict.js';
import { isJsonObject, stringsOf, type JsonObject } from './json-object.js';

/** What a person is told of a region, refined or not. */
export interface RegionNote {
  /** 0–1: the IoU with the true mask that can be expected of the region as it is answered. */
  readonly score: number;
  /** One line for the editor's "meta" field. */
  readonly text: string;
}

/** By this a line of ours is known, and replaced, when the region comes to be refined again. */
const MARK = 'SAMRefiner: ';
const MAX_CHARACTERS = 200;

/**
 * The note on a region whose shape is the refined one. The model's own IoU times its stability: how good the model
 * thinks its mask is, and how little that depends on the threshold.
 */
export function noteOfRefined(figures: Figures): RegionNote {
  const { predictedIou, agreementIou } = figures;
  const text = `refined, predicted IoU ${twoDigits(predictedIou)}, agreement ${twoDigits(agreementIou)}`;
  return { score: trustIn(figures), text: MARK + text };
}

/** The note on a region that was made where there was none. */
export function noteOfNew(figures: Figures): RegionNote {
  return {
    score: trustIn(figures),
    text: `${MARK}segmented, predicted IoU ${twoDigits(figures.predictedIou)}`,
  };
}

/**
 * The note on a region that kept its rough shape. As good as the model thinks its own mask is, that far the rough one
 * agrees with it; without a mask of the model nothing speaks for the rough one. Either way it is a region to look at.
 */
export function noteOfKept(outcome: Exclude<ShapeOutcome, { status: 'refined' }>): RegionNote {
  if (outcome.status === 'failed') return noteOfUnrefined(outcome.detail);
  const { reason, figures } = outcome;
  if (figures === null) return noteOfUnrefined(reasonText(reason, null));
  return { score: figures.agreementIou * trustIn(figures), text: keptText(reasonText(reason, figures)) };
}

/** The note on a region that could not be refined, for whatever reason. */
export function noteOfUnrefined(reason: string): RegionNote {
  return { score: 0, text: keptText(reason) };
}

/**
 * The result with the note in `meta.text`, behind what is written there, in the form (list or text) that it has. A `meta`
 * of another form is left alone.
 */
export function withNote(result: JsonObject, { text }: RegionNote): JsonObject {
  const meta = result['meta'] ?? {};
  if (!isJsonObject(meta)) return result;
  const written = meta['text'] ?? [];
  if (typeof written === 'string') {
    const lines = written.split('\n').filter((line) => line !== '' && !line.startsWith(MARK));
    return { ...result, meta: { ...meta, text: [...lines, text].join('\n') } };
  }
  if (!Array.isArray(written) || stringsOf(written).length < written.length) return result;
  const others = stringsOf(written).filter((line) => !line.startsWith(MARK));
  return { ...result, meta: { ...meta, text: [...others, text] } };
}

function reasonText(reason: KeptReason | 'not-meant', figures: Figures | null): string {
  switch (reason) {
    case 'empty':
      return 'the mask is empty';
    case 'not-meant':
      return 'it was not pointed at';
    case 'too-small':
      return 'the mask is too small';
    case 'too-thin':
      return 'the mask is too thin for the model';
    case 'disagrees':
      return `the refined mask disagrees with it${figures ? `, agreement ${twoDigits(figures.agreementIou)}` : ''}`;
    case 'low-predicted-iou':
      return `the model has little trust in its own mask${figures ? `, predicted IoU ${twoDigits(figures.predictedIou)}` : ''}`;
    case 'unstable':
      return `the outline of the refined mask is unsure${figures ? `, stability ${twoDigits(figures.stability)}` : ''}`;
  }
}

function keptText(reason: string): string {
  const sentence = reason.slice(0, MAX_CHARACTERS).replace(/\.$/, '');
  return `${MARK}kept, ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}

function trustIn({ predictedIou, stability }: Figures): number {
  const trust = predictedIou * stability;
  return Number.isFinite(trust) ? Math.min(1, Math.max(0, trust)) : 0;
}

function twoDigits(value: number): string {
  return Math.min(1, Math.max(0, value)).toFixed(2);
}

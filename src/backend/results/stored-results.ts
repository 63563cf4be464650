import { performance } from 'node:perf_hooks';
import { deserialize, serialize } from 'node:v8';
import type {
  Inference,
  RefineAnswer,
  RefineRequest,
  ShapeOutcome,
  StageTimes,
} from '../../onnx/inference.js';
import { giveTurns } from '../give-turns.js';
import { createModels, type Models, type ServedModel } from '../models.js';
import type { ResultRecord } from './records.js';
import { type ResultKeys, resultKeysOf, type ResultUnit } from './result-keys.js';
import type { ResultStore } from './result-store.js';

export interface StoredResultsSettings {
  readonly store: ResultStore;
  /** Changes whenever the program may answer something else. */
  readonly program: string;
  /** Told of every request how many shapes were answered from the store and how many the model has to answer. */
  readonly onLookup: (stored: number, missing: number) => void;
}

type RefineArguments = Parameters<Inference['refine']>;

/** What is kept of an answer for each unit. */
interface StoredUnit extends Pick<RefineAnswer, 'image' | 'orientation'> {
  readonly outcomes: readonly ShapeOutcome[];
}

/**
 * Shapes sent to the model at a time. What is finished is kept although its request may yet be given up, so that an image
 * with more masks than a deadline allows gets further with every call.
 */
const SHAPES_AT_A_TIME = 32;

const NO_TIMES: StageTimes = {
  queueMs: 0,
  imageDecodeMs: 0,
  encodeMs: 0,
  promptMs: 0,
  decodeMs: 0,
  outputMs: 0,
};

/** The models, answering what they have answered before from the store. */
export function storeResults(models: Models, settings: StoredResultsSettings): Models {
  const stored = (model: ServedModel): ServedModel => ({
    ...model,
    inference: withStore(model.inference, settings),
  });
  return createModels(stored(models.default), models.all.slice(1).map(stored));
}

/**
 * The inference with the outcomes of each shape kept, by image, shape, options, model and program. The outcomes are the
 * same with and without; only their times are not, and a request is split when it is long. Throws what `refine` throws.
 */
export function withStore(inference: Inference, settings: StoredResultsSettings): Inference {
  return {
    get modelVersion() {
      return inference.modelVersion;
    },
    get queued() {
      return inference.queued;
    },
    isReady: () => inference.isReady(),
    refine: (...call) =>
      isWorthKeeping(call[0]) ? refine(inference, settings, ...call) : inference.refine(...call),
    examples: (request, limits) => inference.examples(request, limits),
    close: () => inference.close(),
  };
}

/**
 * Without shapes nothing is asked but that the image be known. What somebody points at among the shapes decides over all
 * of them together, and is hardly ever asked again.
 */
function isWorthKeeping({ shapes, aim }: RefineRequest): boolean {
  return shapes.length > 0 && aim === undefined;
}

async function refine(
  inference: Inference,
  { store, program, onLookup }: StoredResultsSettings,
  ...[request, { deadlineMs, signal }]: RefineArguments
): Promise<RefineAnswer> {
  const endsAtMs = performance.now() + deadlineMs;
  signal?.throwIfAborted();
  const keys = await resultKeysOf(request, [program, inference.modelVersion]);
  const found = await findUnits(keys, store);
  signal?.throwIfAborted();
  const missing = keys.units.filter(({ key }) => !found.has(key));
  const missingShapes = missing.reduce((sum, { places }) => sum + places.length, 0);
  onLookup(request.shapes.length - missingShapes, missingShapes);

  const answers: RefineAnswer[] = [];
  for (const units of inPortions(missing)) {
    const part = partOf(request, units);
    const options = { deadlineMs: Math.max(0, endsAtMs - performance.now()), ...(signal && { signal }) };
    const answer = await inference.refine(part, options);
    answers.push(answer);
    const fresh = unitsOf(answer, units);
    for (const [key, unit] of fresh) found.set(key, unit);
    store.add(keys.file, await recordsOf(fresh));
  }
  return merged(request, keys, found, answers);
}

async function findUnits({ file, units }: ResultKeys, store: ResultStore): Promise<Map<string, StoredUnit>> {
  const payloads = await store.read(file, new Set(units.map(({ key }) => key)));
  const found = new Map<string, StoredUnit>();
  const giveTurn = giveTurns();
  for (const [key, payload] of payloads) {
    found.set(key, deserialize(payload) as StoredUnit);
    await giveTurn();
  }
  return found;
}

function* inPortions(units: readonly ResultUnit[]): Generator<readonly ResultUnit[]> {
  let portion: ResultUnit[] = [];
  let shapes = 0;
  for (const unit of units) {
    if (shapes > 0 && shapes + unit.places.length > SHAPES_AT_A_TIME) {
      yield portion;
      portion = [];
      shapes = 0;
    }
    portion.push(unit);
    shapes += unit.places.length;
  }
  if (shapes > 0) yield portion;
}

function partOf(request: RefineRequest, units: readonly ResultUnit[]): RefineRequest {
  const places = new Set(units.flatMap((unit) => unit.places));
  return { ...request, shapes: request.shapes.filter((_, place) => places.has(place)) };
}

/** Outcomes come in the order of the request, whatever the order of the units. */
function unitsOf(
  answer: RefineAnswer,
  units: readonly ResultUnit[],
): readonly (readonly [string, StoredUnit])[] {
  const places = units.flatMap((unit) => unit.places).sort((a, b) => a - b);
  const outcomeAt = new Map(places.map((place, order) => [place, answer.outcomes[order]]));
  const { image, orientation } = answer;
  return units.map(({ key, places: own }) => {
    const outcomes = own.map((place) => present(outcomeAt.get(place)));
    return [key, { image, orientation, outcomes }];
  });
}

async function recordsOf(
  units: readonly (readonly [string, StoredUnit])[],
): Promise<readonly ResultRecord[]> {
  const records: ResultRecord[] = [];
  const giveTurn = giveTurns();
  for (const [key, unit] of units) {
    records.push({ key, payload: serialize(unit) });
    await giveTurn();
  }
  return records;
}

function merged(
  { shapes }: RefineRequest,
  { units }: ResultKeys,
  found: ReadonlyMap<string, StoredUnit>,
  answers: readonly RefineAnswer[],
): RefineAnswer {
  const outcomes = new Map<number, ShapeOutcome | undefined>();
  for (const { key, places } of units) {
    places.forEach((place, order) => outcomes.set(place, found.get(key)?.outcomes[order]));
  }
  const { image, orientation } = present(found.values().next().value);
  return {
    image,
    orientation,
    outcomes: shapes.map((_, place) => present(outcomes.get(place))),
    embeddingCached: answers[0]?.embeddingCached ?? true,
    times: answers.reduce((sum, { times }) => addTimes(sum, times), NO_TIMES),
  };
}

function addTimes(a: StageTimes, b: StageTimes): StageTimes {
  return {
    queueMs: a.queueMs + b.queueMs,
    imageDecodeMs: a.imageDecodeMs + b.imageDecodeMs,
    encodeMs: a.encodeMs + b.encodeMs,
    promptMs: a.promptMs + b.promptMs,
    decodeMs: a.decodeMs + b.decodeMs,
    outputMs: a.outputMs + b.outputMs,
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('an outcome is missing');
  return value;
}

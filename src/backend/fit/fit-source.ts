import type { ExampleObject, ImageRequest } from '../../onnx/inference.js';
import { compileSchema } from '../validate.js';
import { type FitInput, inputSchema, type SourceSchema } from './fit-input.js';

/** A mask that a person made or accepted. */
export interface FitObject extends ExampleObject {
  /** Whether it corrects a mask of ours: then the rough mask it began as is what prompts are made of. */
  readonly corrected: boolean;
}

/** An image of a project with its accepted masks. */
export interface FitImage {
  /** Its own, and always the same: under it is kept what was found out of the image. */
  readonly name: string;
  /** Decides whether it is learned from or judged by, so the same for copies of one image. */
  readonly side: string;
  /** How many masks it has. */
  readonly masks: number;
  /** Throws the IMAGE_* and other codes below 500 for an image that cannot be had, which is then left out. */
  load(signal: AbortSignal): Promise<LoadedFitImage>;
}

export interface LoadedFitImage {
  /** Of the image file. */
  readonly bytes: Uint8Array;
  readonly orientation: ImageRequest['orientation'];
  readonly objects: readonly FitObject[];
}

/** Some images of a project, and how many there are in all, as far as is known. */
export interface FitBatch {
  readonly images: readonly FitImage[];
  readonly total: number;
}

/** Where the masks of projects of one kind come from. */
export interface FitSource<Input extends FitInput> {
  readonly schema: SourceSchema;
  /** Throws what is wrong with an input that has the schema's form. */
  readonly require?: (input: Input) => Promise<void>;
  /** What the project's model connection says, as typed by its administrator; absent where there is no such thing. */
  readonly extraParams?: (input: Input) => Promise<unknown>;
  /** Lets `work` read the project, and closes what that takes when it is done. */
  readonly use: <T>(input: Input, work: (batches: ReadBatches) => Promise<T>) => Promise<T>;
}

/** All images with accepted masks, each once, always in the same order, read while they are worked on. */
export type ReadBatches = (signal: AbortSignal) => AsyncGenerator<FitBatch, void, undefined>;

/** A source whose form of input only it knows. */
export interface RegisteredSource {
  /** What `source` of an input says. */
  readonly name: string;
  /** JSON Schema of its inputs. */
  readonly schema: object;
  /** The input with everything that it leaves open; the same wish gives the same JSON. Throws BODY_INVALID and more. */
  readonly check: (input: unknown) => Promise<FitInput>;
  /** What the project's model connection says; null where there is no such thing. */
  readonly extraParams: (input: unknown) => Promise<unknown>;
  readonly use: <T>(input: unknown, work: (batches: ReadBatches) => Promise<T>) => Promise<T>;
}

/** Closes a source over its type of input. */
export function registerSource<Input extends FitInput>(source: FitSource<Input>): RegisteredSource {
  const schema = inputSchema(source.schema);
  const check = compileSchema<Input>(schema);
  return {
    name: source.schema.source,
    schema,
    check: async (value) => {
      const input = check(value);
      await source.require?.(input);
      return sorted(input);
    },
    extraParams: async (value) => (await source.extraParams?.(check(value))) ?? null,
    use: (value, work) => source.use(check(value), work),
  };
}

function sorted<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}

import { PROMPT_KINDS, type PromptKind } from '../../fit/prompt-kind.js';

/** What every job of kind `fit` may say, beside where its masks are. */
export interface FitInput {
  readonly source: string;
  readonly prompt?: PromptKind;
  /** Of an image with more masks the largest. */
  readonly masksPerImage?: number;
  /** Of a project with more images the first. */
  readonly maxImages?: number;
  /** Whether a mask of ours that a person corrected is learned from as such: prompts from the rough, truth the correction. */
  readonly corrections?: boolean;
  /** Name of a served model; the default one otherwise. */
  readonly model?: string;
  /** Asked for by an event, not by a person: nothing is done until there are enough new masks. */
  readonly automatic?: boolean;
}

/** An input with the defaults filled in. */
export type FitWish = Required<Omit<FitInput, 'model'>> & Pick<FitInput, 'model'>;

const DEFAULTS = {
  prompt: 'all',
  masksPerImage: 20,
  maxImages: 1000,
  corrections: true,
  automatic: false,
} as const satisfies Partial<FitInput>;

export function wishOf(input: FitInput): FitWish {
  return { ...DEFAULTS, ...input };
}

/** What a source asks for itself. */
export interface SourceSchema {
  readonly source: string;
  readonly description: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
}

/** JSON Schema of the inputs of one source. */
export function inputSchema({ source, description, required, properties }: SourceSchema): object {
  return {
    type: 'object',
    description,
    required: ['source', ...required],
    additionalProperties: false,
    properties: { source: { type: 'string', enum: [source] }, ...properties, ...COMMON_PROPERTIES },
  };
}

const COMMON_PROPERTIES = {
  prompt: {
    type: 'string',
    enum: PROMPT_KINDS,
    description: `What is learned from; ${DEFAULTS.prompt} unless given.`,
  },
  masksPerImage: {
    type: 'integer',
    minimum: 1,
    maximum: 200,
    description: `Of an image with more masks the largest; ${DEFAULTS.masksPerImage} unless given.`,
  },
  maxImages: {
    type: 'integer',
    minimum: 1,
    maximum: 20_000,
    description: `Of a project with more images the first; ${DEFAULTS.maxImages} unless given.`,
  },
  corrections: {
    type: 'boolean',
    description:
      'Whether a corrected mask of ours is learned from with the rough one it began as; true unless given.',
  },
  model: { type: 'string', minLength: 1, maxLength: 200, description: 'Name of a served model.' },
  automatic: {
    type: 'boolean',
    description: 'Does nothing until there are SAMREFINER_FIT_MIN_NEW_MASKS new masks.',
  },
};

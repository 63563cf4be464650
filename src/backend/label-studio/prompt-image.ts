import { RefinerError } from '../../errors.js';
import type { JsonObject } from './json-object.js';
import { imageValues, type LabelConfig } from './label-config.js';

/** The page of an image that somebody draws on. */
export interface PromptImage {
  /** Name of its Image tag. */
  readonly name: string;
  /** From 0. */
  readonly page: number;
  /** The image as the task names it. */
  readonly address: string;
}

/**
 * The image that a prompt was drawn on: the tag that it names, or where it names none the configuration's first, and the
 * page, the first unless it says. Throws IMAGE_URL_INVALID when there is no such tag or page or the task's data does not
 * name its address.
 */
export function promptImage(
  prompt: { readonly toName: string | null; readonly page: number | null },
  data: JsonObject,
  { images }: LabelConfig,
): PromptImage {
  const tag = images.get(prompt.toName ?? '') ?? [...images.values()][0];
  const page = prompt.page ?? 0;
  const address = tag && imageValues(tag, data)[page];
  if (tag && address !== undefined) return { name: tag.name, page, address };
  throw new RefinerError('IMAGE_URL_INVALID', {
    where: tag ? `data of the task, ${tag.value}` : 'the labelling configuration',
    expected: tag ? `an address for page ${page}` : 'an Image tag',
  });
}

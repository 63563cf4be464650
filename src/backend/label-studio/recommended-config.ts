import { RefinerError } from '../../errors.js';

/** What masks are drawn as. */
export const MASK_CONTROLS = { brush: 'BrushLabels', polygon: 'PolygonLabels' } as const;

export type MaskControl = keyof typeof MASK_CONTROLS;

/** Colours that stay apart for colour-blind people too (Okabe and Ito), the image's likely ones last. */
const COLOURS = ['#D55E00', '#0072B2', '#F0E442', '#CC79A7', '#009E73', '#56B4E9', '#E69F00', '#000000'];

/**
 * The labelling configuration that works best: masks whose own smart tool is off, because it sends nothing, a point and a
 * box without labels as prompts, which leave nothing behind. Throws BODY_INVALID for no labels, empty or repeated ones.
 * Source: Label Studio protocol note sections 4.2 and 9.
 */
export function recommendedConfig(labels: readonly string[], control: MaskControl = 'brush'): string {
  const names = labels.map((label) => label.trim());
  if (names.length === 0 || names.includes('') || new Set(names).size < names.length) {
    throw new RefinerError('BODY_INVALID', {
      where: 'labels',
      expected: 'at least one label, each once',
      received: names.length === 0 ? 'none' : names.map((name) => JSON.stringify(name)).join(', '),
    });
  }
  const tag = MASK_CONTROLS[control];
  return [
    '<View>',
    `  <${tag} name="${control}" toName="image" smart="false">`,
    ...names.map(
      (name, index) =>
        `    <Label value="${escape(name)}" background="${COLOURS[index % COLOURS.length] ?? '#000000'}"/>`,
    ),
    `  </${tag}>`,
    '  <KeyPoint name="refine" toName="image" smart="true" smartOnly="true"/>',
    '  <Rectangle name="box" toName="image" smart="true" smartOnly="true"/>',
    '  <Image name="image" value="$image" zoom="true"/>',
    '</View>',
  ].join('\n');
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

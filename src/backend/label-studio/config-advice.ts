import { everyTag, parseConfigXml } from './config-xml.js';

/** Controls whose smart tool sends prompts; that of any other control draws and sends nothing. */
const PROMPTS = /^(KeyPoint|Rectangle)(Labels)?$/;
const MASKS = /^(Brush|Polygon|Ellipse|Bitmask)(Labels)?$/;

/**
 * What in a labelling configuration stands in the way of refining while somebody draws; nothing when all is well.
 * Throws BODY_INVALID when the text is no XML. Source: Label Studio protocol note section 4.2.
 */
export function configAdvice(xml: string): readonly string[] {
  const tags = [...everyTag(parseConfigXml(xml))];
  const masks = tags.filter(({ name }) => MASKS.test(name));
  const isSmart = (tag: (typeof tags)[number]): boolean => tag.attributes['smart'] === 'true';
  const advice: string[] = [];
  if (!tags.some(({ name }) => name === 'Image'))
    advice.push('The config has no Image: there is nothing to refine.');
  if (masks.length === 0) {
    advice.push('The config has no BrushLabels or PolygonLabels: shapes can be refined only as boxes.');
  }
  if (!tags.some((tag) => PROMPTS.test(tag.name) && isSmart(tag))) {
    advice.push(
      'For refining with a click or a box, add a KeyPoint and a Rectangle with smart="true" smartOnly="true".',
    );
  }
  for (const { name, attributes } of masks.filter((tag) => tag.attributes['smart'] !== 'false')) {
    advice.push(
      `Set smart="false" on ${name} "${attributes['name'] ?? ''}": its smart tool takes the key M and sends nothing.`,
    );
  }
  return advice;
}

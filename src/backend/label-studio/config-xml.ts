import { XMLParser } from 'fast-xml-parser';
import { RefinerError } from '../../errors.js';
import { isJsonObject, type JsonObject } from './json-object.js';

/** One element of the labelling configuration; text between tags says nothing there and is dropped. */
export interface XmlTag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlTag[];
}

/** Configurations of hundreds of labels stay under 100 kB; the parser handles this bound in about 20 ms. */
const MAX_CONFIG_CHARACTERS = 512 * 1024;
const MAX_NESTED_TAGS = 100;

const ATTRIBUTES = ':@';

/**
 * Parses the XML of a labelling configuration. A document type, and with it every declared entity, is refused: Label
 * Studio never writes one. Throws BODY_INVALID.
 */
export function parseConfigXml(xml: string): readonly XmlTag[] {
  if (xml.length > MAX_CONFIG_CHARACTERS) {
    throw invalidConfig(`at most ${MAX_CONFIG_CHARACTERS} characters`, `${xml.length}`);
  }
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw invalidConfig('no document type', 'a document type');
  try {
    const parsed: unknown = configParser().parse(xml);
    return tagsOf(parsed);
  } catch (cause) {
    throw invalidConfig('XML', cause instanceof Error ? cause.message.slice(0, 200) : 'a failure', cause);
  }
}

/** The tags with all their descendants, in document order. */
export function* everyTag(tags: readonly XmlTag[]): Generator<XmlTag> {
  for (const tag of tags) {
    yield tag;
    yield* everyTag(tag.children);
  }
}

function configParser(): XMLParser {
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    allowBooleanAttributes: true,
    attributeNamePrefix: '',
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    htmlEntities: true,
    processEntities: { enabled: true, maxTotalExpansions: 50_000, maxExpandedLength: 1_000_000 },
    maxNestedTags: MAX_NESTED_TAGS,
  });
}

/** The parser's ordered form is `[{ TagName: children, ':@': attributes }, { '#text': … }, …]`. */
function tagsOf(nodes: unknown): readonly XmlTag[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.filter(isJsonObject).flatMap((node) => {
    const name = Object.keys(node).find(
      (key) => key !== ATTRIBUTES && !key.startsWith('#') && !key.startsWith('?'),
    );
    if (name === undefined) return [];
    const attributes = node[ATTRIBUTES];
    return [
      { name, attributes: isJsonObject(attributes) ? textsOf(attributes) : {}, children: tagsOf(node[name]) },
    ];
  });
}

function textsOf(attributes: JsonObject): Readonly<Record<string, string>> {
  const texts = Object.entries(attributes).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts);
}

function invalidConfig(expected: string, received: string, cause?: unknown): RefinerError {
  return new RefinerError(
    'BODY_INVALID',
    { where: 'the labelling configuration', expected, received },
    { cause },
  );
}

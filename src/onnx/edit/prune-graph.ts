import { RefinerError } from '../../errors.js';
import { readOnnxGraph } from './onnx-graph.js';
import { type Field, fieldsOf, messageOf, textOf } from './protobuf-reader.js';
import { ProtobufWriter } from '../graph/protobuf-writer.js';

/** Field numbers of onnx.proto. */
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const NODE = { input: 1, output: 2, attribute: 5 } as const;
const ATTRIBUTE = { graph: 6, graphs: 11 } as const;
const NAME = { [GRAPH.initializer]: 8, [GRAPH.input]: 1, [GRAPH.output]: 1, [GRAPH.valueInfo]: 1 } as const;
/** Deeper than any exporter nests branches and loops. */
const MAX_NESTING = 16;

/**
 * Keeps of a model what its outputs `kept` need and drops its other outputs with the nodes, constants and inputs that
 * serve them alone: onnxruntime computes every output of a graph, asked for or not. The bytes of what stays are not
 * changed. Throws ONNX_INVALID, ONNX_UNSUPPORTED.
 */
export function pruneGraph(model: Uint8Array, kept: readonly string[]): Uint8Array {
  const { field } = readOnnxGraph(model);
  const graph = messageOf(field);
  const parts = [...fieldsOf(graph)];
  const needed = new Set(kept);
  const unneeded = unneededNodes(parts, needed);
  const gone = new Set([...unneeded].flatMap((part) => textsOf(messageOf(part), NODE.output)));

  function stays(part: Field): boolean {
    const { number } = part;
    if (number === GRAPH.node) return !unneeded.has(part);
    if (number === GRAPH.output) return kept.includes(nameOf(part, NAME[number]));
    if (number === GRAPH.initializer || number === GRAPH.input) return needed.has(nameOf(part, NAME[number]));
    if (number === GRAPH.valueInfo) return !gone.has(nameOf(part, NAME[number]));
    return true;
  }

  const left = Buffer.concat(parts.filter(stays).map(({ start, end }) => graph.subarray(start, end)));
  const pruned = new ProtobufWriter().bytes(field.number, left).finish();
  return Buffer.concat([model.subarray(0, field.start), pruned, model.subarray(field.end)]);
}

/**
 * The nodes whose outputs nobody needs; adds to `needed` what the others read. ONNX has nodes after those whose outputs
 * they read, so one pass from the end is enough.
 */
function unneededNodes(parts: readonly Field[], needed: Set<string>): ReadonlySet<Field> {
  const unneeded = new Set<Field>();
  for (const part of parts.filter(({ number }) => number === GRAPH.node).reverse()) {
    const node = messageOf(part);
    if (textsOf(node, NODE.output).some((name) => needed.has(name))) {
      for (const name of readBy(node, 0)) needed.add(name);
    } else {
      unneeded.add(part);
    }
  }
  return unneeded;
}

/** The tensors that a node reads, those that the branches and loops in it take from outside included. */
function readBy(node: Uint8Array, depth: number): readonly string[] {
  if (depth > MAX_NESTING) {
    throw new RefinerError('ONNX_UNSUPPORTED', {
      expected: `at most ${MAX_NESTING} graphs within each other`,
      received: 'more',
    });
  }
  const names = textsOf(node, NODE.input);
  for (const attribute of fieldsOf(node)) {
    if (attribute.number !== NODE.attribute) continue;
    for (const inner of fieldsOf(messageOf(attribute))) {
      if (inner.number !== ATTRIBUTE.graph && inner.number !== ATTRIBUTE.graphs) continue;
      for (const part of fieldsOf(messageOf(inner))) {
        if (part.number === GRAPH.node)
          for (const name of readBy(messageOf(part), depth + 1)) names.push(name);
        if (part.number === GRAPH.output) names.push(nameOf(part, NAME[GRAPH.output]));
      }
    }
  }
  return names;
}

function textsOf(message: Uint8Array, number: number): string[] {
  return [...fieldsOf(message)].filter((field) => field.number === number).map(textOf);
}

function nameOf(part: Field, number: number): string {
  return textsOf(messageOf(part), number).at(-1) ?? '';
}

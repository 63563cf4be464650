import { RefinerError } from '../../errors.js';
import { type Field, fieldsOf, integerOf, integersOf, messageOf, textOf } from './protobuf-reader.js';

/** A node of a graph. Of its attributes only the integers are read. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly integers: ReadonlyMap<string, bigint>;
}

/** What of an ONNX model is needed to find a tensor in its graph. */
export interface OnnxGraph {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  /** Shapes of the constants that are initializers. */
  readonly initializers: ReadonlyMap<string, readonly number[]>;
  /** The field of the model that holds the graph. */
  readonly field: Field;
}

/** Field numbers of onnx.proto. */
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, operator: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, integer: 3 } as const;
const TENSOR = { dimensions: 1, name: 8 } as const;
const VALUE = { name: 1 } as const;

/** Reads an ONNX model as far as its graph's inputs, outputs, nodes and shapes of constants. Throws ONNX_INVALID. */
export function readOnnxGraph(model: Uint8Array): OnnxGraph {
  const graphs = [...fieldsOf(model)].filter(({ number }) => number === MODEL.graph);
  const [field] = graphs;
  if (field === undefined || graphs.length > 1) {
    throw new RefinerError('ONNX_INVALID', {
      expected: 'an ONNX model with one graph',
      received: `${graphs.length} graphs`,
    });
  }
  const inputs: string[] = [];
  const outputs: string[] = [];
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, readonly number[]>();
  for (const part of fieldsOf(messageOf(field))) {
    if (part.number === GRAPH.node) nodes.push(readNode(messageOf(part)));
    if (part.number === GRAPH.initializer) initializers.set(...readConstant(messageOf(part)));
    if (part.number === GRAPH.input) inputs.push(lastText(messageOf(part), VALUE.name));
    if (part.number === GRAPH.output) outputs.push(lastText(messageOf(part), VALUE.name));
  }
  // Before IR version 4 constants were listed among the inputs.
  return {
    inputs: inputs.filter((name) => !initializers.has(name)),
    outputs,
    nodes,
    initializers,
    field,
  };
}

function readNode(message: Uint8Array): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const integers = new Map<string, bigint>();
  for (const field of fieldsOf(message)) {
    if (field.number === NODE.input) inputs.push(textOf(field));
    if (field.number === NODE.output) outputs.push(textOf(field));
    if (field.number !== NODE.attribute) continue;
    const attribute = messageOf(field);
    const name = lastText(attribute, ATTRIBUTE.name);
    for (const part of fieldsOf(attribute)) {
      if (part.number === ATTRIBUTE.integer) integers.set(name, integerOf(part));
    }
  }
  return { operator: lastText(message, NODE.operator), inputs, outputs, integers };
}

function readConstant(message: Uint8Array): [name: string, shape: readonly number[]] {
  const shape = [...fieldsOf(message)].filter(({ number }) => number === TENSOR.dimensions);
  return [lastText(message, TENSOR.name), shape.flatMap(integersOf).map(Number)];
}

/** Of a field that occurs once the last counts, as protocol buffers have it. */
function lastText(message: Uint8Array, number: number): string {
  let text = '';
  for (const field of fieldsOf(message)) {
    if (field.number === number) text = textOf(field);
  }
  return text;
}

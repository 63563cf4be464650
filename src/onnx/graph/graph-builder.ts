import {
  type Attribute,
  type ConstantData,
  type Dimension,
  type ExternalData,
  ONNX_TYPE,
  type OnnxType,
  typeOf,
} from './onnx-types.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** The name of a tensor in a graph under construction. */
export type Tensor = string;

const IR_VERSION = 8;
const OPSET = 17;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;
const EXTERNAL_DATA = 1;

/**
 * Collects the nodes, constants, inputs and outputs of an ONNX graph and writes it as a model (IR 8, opset 17, with
 * onnxruntime's `com.microsoft` operators). Field numbers are those of onnx.proto.
 */
export class GraphBuilder {
  private readonly nodes = new ProtobufWriter();
  private readonly constants = new ProtobufWriter();
  private readonly inputs = new ProtobufWriter();
  private readonly outputs = new ProtobufWriter();
  private readonly shared = new Map<string, Tensor>();
  private names = 0;

  input(name: string, type: OnnxType, shape: readonly Dimension[]): Tensor {
    this.inputs.message(11, valueInfo(name, type, shape));
    return name;
  }

  /** Declares a tensor as an output of the graph, under its own name. */
  output(tensor: Tensor, type: OnnxType, shape: readonly Dimension[]): void {
    this.outputs.message(12, valueInfo(tensor, type, shape));
  }

  constant(shape: readonly number[], data: ConstantData): Tensor {
    const name = this.fresh('constant');
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.constants.message(5, tensorHeader(name, typeOf(data), shape).bytes(9, bytes));
    return name;
  }

  /** A constant whose numbers stay in another file. */
  external(shape: readonly number[], data: ExternalData, type: OnnxType = 'float32'): Tensor {
    const name = this.fresh('external');
    const tensor = tensorHeader(name, type, shape);
    const facts = { location: data.file, offset: String(data.offset), length: String(data.bytes) };
    for (const [key, value] of Object.entries(facts)) {
      tensor.message(13, new ProtobufWriter().string(1, key).string(2, value));
    }
    this.constants.message(5, tensor.integer(14, EXTERNAL_DATA));
    return name;
  }

  /** A 1-D int64 constant (shapes, axes, indices); equal ones are shared. */
  integers(...values: readonly number[]): Tensor {
    return this.once(`integers ${values.join(',')}`, () =>
      this.constant([values.length], BigInt64Array.from(values, BigInt)),
    );
  }

  /** A float32 scalar; equal ones are shared. */
  scalar(value: number): Tensor {
    return this.once(`scalar ${value}`, () => this.constant([], Float32Array.of(value)));
  }

  /** Adds a node with one output and returns that. `as` names it, where it is an output of the graph. */
  node(
    operator: string,
    inputs: readonly Tensor[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: { readonly as?: string; readonly domain?: 'com.microsoft' } = {},
  ): Tensor {
    const output = options.as ?? this.fresh(operator);
    this.add(operator, inputs, attributes, [output], options.domain ?? '');
    return output;
  }

  /** Adds a `Split` into parts of the given sizes along an axis. */
  split(input: Tensor, axis: number, sizes: readonly number[]): readonly Tensor[] {
    const outputs = sizes.map(() => this.fresh('Split'));
    this.add('Split', [input, this.integers(...sizes)], { axis }, outputs, '');
    return outputs;
  }

  /** The finished model, as bytes that onnxruntime opens. */
  finish(name: string): Uint8Array {
    const graph = [
      this.nodes.finish(),
      graphName(name),
      this.constants.finish(),
      this.inputs.finish(),
      this.outputs.finish(),
    ];
    return new ProtobufWriter()
      .integer(1, IR_VERSION)
      .string(2, 'samrefiner')
      .bytes(7, Buffer.concat(graph))
      .message(8, new ProtobufWriter().string(1, '').integer(2, OPSET))
      .message(8, new ProtobufWriter().string(1, 'com.microsoft').integer(2, 1))
      .finish();
  }

  private add(
    operator: string,
    inputs: readonly Tensor[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: readonly Tensor[],
    domain: string,
  ): void {
    const node = new ProtobufWriter();
    for (const input of inputs) node.string(1, input);
    for (const output of outputs) node.string(2, output);
    node.string(3, this.fresh(`node-${operator}`)).string(4, operator);
    for (const [key, value] of Object.entries(attributes)) node.message(5, attribute(key, value));
    if (domain !== '') node.string(7, domain);
    this.nodes.message(1, node);
  }

  private once(key: string, make: () => Tensor): Tensor {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.shared.set(key, made);
    return made;
  }

  private fresh(prefix: string): Tensor {
    return `${prefix}-${this.names++}`;
  }
}

function graphName(name: string): Uint8Array {
  return new ProtobufWriter().string(2, name).finish();
}

function valueInfo(name: string, type: OnnxType, shape: readonly Dimension[]): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const side of shape) {
    const dimension = new ProtobufWriter();
    dimensions.message(1, typeof side === 'number' ? dimension.integer(1, side) : dimension.string(2, side));
  }
  const tensorType = new ProtobufWriter().integer(1, ONNX_TYPE[type]).message(2, dimensions);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}

function tensorHeader(name: string, type: OnnxType, shape: readonly number[]): ProtobufWriter {
  const tensor = new ProtobufWriter();
  for (const side of shape) tensor.integer(1, side);
  return tensor.integer(2, ONNX_TYPE[type]).string(8, name);
}

function attribute(name: string, value: Attribute): ProtobufWriter {
  const message = new ProtobufWriter().string(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE_TYPE.int);
  if (typeof value === 'string') return message.string(4, value).integer(20, ATTRIBUTE_TYPE.string);
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE_TYPE.float);
  for (const item of value) message.integer(8, item);
  return message.integer(20, ATTRIBUTE_TYPE.ints);
}

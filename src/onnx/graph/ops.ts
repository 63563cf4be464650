import type { GraphBuilder, Tensor } from './graph-builder.js';

/**
 * The words in which the graphs of SAM are written: each adds one ONNX node (or a few that belong together) and returns
 * its output. The operators' own documentation holds for everything not said here.
 */

/** Elementwise, with broadcasting. */
export function add(graph: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  return graph.node('Add', [a, b]);
}

/** Elementwise, with broadcasting. */
export function subtract(graph: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  return graph.node('Sub', [a, b]);
}

/** Elementwise, with broadcasting. */
export function multiply(graph: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  return graph.node('Mul', [a, b]);
}

/** Elementwise, with broadcasting. */
export function divide(graph: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  return graph.node('Div', [a, b]);
}

/** [..., M, K] × [..., K, N] → [..., M, N]; a factor of rank 2 is shared by the whole batch. */
export function matMul(graph: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  return graph.node('MatMul', [a, b]);
}

/** A product whose factors may be given transposed in their last two axes; no copy is made of them. */
export function fusedMatMul(
  graph: GraphBuilder,
  a: Tensor,
  b: Tensor,
  transposed: { readonly a?: boolean; readonly b?: boolean; readonly factor?: number },
): Tensor {
  const attributes = {
    transA: transposed.a === true ? 1 : 0,
    transB: transposed.b === true ? 1 : 0,
    alpha: { float: transposed.factor ?? 1 },
  };
  return graph.node('FusedMatMul', [a, b], attributes, { domain: 'com.microsoft' });
}

/** x × weight + bias, with the weight as [in, out]: x [..., in] → [..., out]. */
export function linear(graph: GraphBuilder, x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return add(graph, matMul(graph, x, weight), bias);
}

/** x [M, in] → [M, out] with the weight as PyTorch stores it, [out, in]. */
export function gemm(graph: GraphBuilder, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return graph.node('Gemm', bias === undefined ? [x, weight] : [x, weight, bias], { transB: 1 });
}

/** Normalises the last axis. SAM's LayerNorm2d is this on channels-last tensors. */
export function layerNorm(
  graph: GraphBuilder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  epsilon: number,
): Tensor {
  return graph.node('LayerNormalization', [x, weight, bias], { axis: -1, epsilon: { float: epsilon } });
}

/** The exact (erf) form, as PyTorch's nn.GELU. */
export function gelu(graph: GraphBuilder, x: Tensor): Tensor {
  return graph.node('Gelu', [x], {}, { domain: 'com.microsoft' });
}

/** gelu(x + bias) in one pass; the bias is [last axis of x]. */
export function biasGelu(graph: GraphBuilder, x: Tensor, bias: Tensor): Tensor {
  return graph.node('BiasGelu', [x, bias], {}, { domain: 'com.microsoft' });
}

export function relu(graph: GraphBuilder, x: Tensor): Tensor {
  return graph.node('Relu', [x]);
}

export function softmax(graph: GraphBuilder, x: Tensor, axis = -1): Tensor {
  return graph.node('Softmax', [x], { axis });
}

/** Numbers, or a tensor (see `shapeOf`) where a size is known only at run time. 0 keeps a size, −1 infers one. */
export function reshape(graph: GraphBuilder, x: Tensor, shape: readonly number[] | Tensor): Tensor {
  return graph.node('Reshape', [x, typeof shape === 'string' ? shape : graph.integers(...shape)]);
}

/** Axis i of the answer is axis order[i] of x. */
export function transpose(graph: GraphBuilder, x: Tensor, order: readonly number[]): Tensor {
  return graph.node('Transpose', [x], { perm: order });
}

export function concat(graph: GraphBuilder, parts: readonly Tensor[], axis: number): Tensor {
  return graph.node('Concat', parts, { axis });
}

/** x[..., from:to, ...] along one axis; `to` may be beyond the end. */
export function slice(graph: GraphBuilder, x: Tensor, axis: number, from: number, to: number): Tensor {
  return graph.node('Slice', [x, graph.integers(from), graph.integers(to), graph.integers(axis)]);
}

/** Broadcasts x to a shape: numbers, or a tensor made by `shapeOf`. */
export function expand(graph: GraphBuilder, x: Tensor, shape: readonly number[] | Tensor): Tensor {
  return graph.node('Expand', [x, typeof shape === 'string' ? shape : graph.integers(...shape)]);
}

/** The size of x along one axis, as an int64 tensor [1]. */
export function sizeOf(graph: GraphBuilder, x: Tensor, axis: number): Tensor {
  return graph.node('Shape', [x], axis === -1 ? { start: -1 } : { start: axis, end: axis + 1 });
}

/** A shape of which some sizes are tensors [1] (see `sizeOf`) and the others numbers. */
export function shapeOf(graph: GraphBuilder, ...sizes: readonly (number | Tensor)[]): Tensor {
  const parts = sizes.map((size) => (typeof size === 'number' ? graph.integers(size) : size));
  return concat(graph, parts, 0);
}

/** Gives a result the name under which it is an output of the graph; onnxruntime drops the node. */
export function nameOutput(graph: GraphBuilder, x: Tensor, name: string): Tensor {
  return graph.node('Identity', [x], {}, { as: name });
}

/** Element types of ONNX tensors (TensorProto.DataType). */
export const ONNX_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const;

export type OnnxType = keyof typeof ONNX_TYPE;

/** A size, or a name for one that is known only at run time. */
export type Dimension = number | string;

export type ConstantData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** Numbers that stay in another file; the session is told that file's folder. */
export interface ExternalData {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A float attribute; plain numbers are integers, as most attributes are. */
export interface FloatAttribute {
  readonly float: number;
}

export type Attribute = number | string | FloatAttribute | readonly number[];

export function typeOf(data: ConstantData): OnnxType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Int32Array) return 'int32';
  return 'int64';
}

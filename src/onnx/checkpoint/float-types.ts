/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { RefinerError } from '../../errors.js';
import { ELEMENT_BYTES, type TensorRef } from './tensor-ref.js';

/** Little-endian bytes of a tensor's type as float32; float64 is rounded. Integers are CHECKPOINT_UNSUPPORTED. */
export function toFloat32(bytes: Buffer, tensor: Pick<TensorRef, 'name' | 'type'>): Float32Array {
  const count = bytes.length / ELEMENT_BYTES[tensor.type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = new Float32Array(count);
  switch (tensor.type) {
    case 'float32':
      new Uint8Array(out.buffer).set(bytes);
      return out;
    case 'float64':
      for (let i = 0; i < count; i++) out[i] = view.getFloat64(8 * i, true);
      return out;
    case 'bfloat16': {
      // bfloat16 is the upper half of a float32.
      const bits = new Uint32Array(out.buffer);
      for (let i = 0; i < count; i++) bits[i] = view.getUint16(2 * i, true) << 16;
      return out;
    }
    case 'float16': {
      const table = halfTable();
      for (let i = 0; i < count; i++) out[i] = table[view.getUint16(2 * i, true)]!;
      return out;
    }
    default:
      throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
        where: tensor.name,
        expected: 'floating-point numbers',
        received: tensor.type,
      });
  }
}

/** All 65,536 half-precision values: one look-up an element is faster than decoding bits. */
function halfTable(): Float32Array {
  const table = new Float32Array(65_536);
  for (let half = 0; half < 65_536; half++) {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) table[half] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) table[half] = sign * fraction * 2 ** -24;
    else table[half] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return table;
}

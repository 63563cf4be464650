/** Collects bits, most significant first, into bytes; the last byte is padded with zeros. */
export interface BitWriter {
  bytes: Uint8Array;
  /** Whole bytes written. */
  length: number;
  /** The 0 to 7 bits that do not fill a byte yet. */
  pending: number;
  pendingBits: number;
}

export function createBitWriter(): BitWriter {
  return { bytes: new Uint8Array(1024), length: 0, pending: 0, pendingBits: 0 };
}

/** Appends an unsigned number of 1 to 24 bits. */
export function writeBits(writer: BitWriter, value: number, count: number): void {
  const bits = (writer.pending << count) | value;
  let left = writer.pendingBits + count;
  if (writer.length + 4 > writer.bytes.length) grow(writer);
  while (left >= 8) {
    left -= 8;
    writer.bytes[writer.length] = bits >>> left;
    writer.length += 1;
  }
  writer.pending = bits & ((1 << left) - 1);
  writer.pendingBits = left;
}

export function finishBits(writer: BitWriter): Uint8Array {
  if (writer.pendingBits > 0) writeBits(writer, 0, 8 - writer.pendingBits);
  return writer.bytes.slice(0, writer.length);
}

function grow(writer: BitWriter): void {
  const grown = new Uint8Array(writer.bytes.length * 2);
  grown.set(writer.bytes);
  writer.bytes = grown;
}

/**
 * Writes protocol-buffer messages: the wire format, nothing of any schema. Strings and nested messages are collected as
 * pieces and joined once.
 */
export class ProtobufWriter {
  private readonly pieces: Uint8Array[] = [];

  /** A varint field; negative numbers are written as 64-bit two's complement, as protobuf's int64 is. */
  integer(field: number, value: number | bigint): this {
    this.pieces.push(varint((field << 3) | 0), varint(value));
    return this;
  }

  float(field: number, value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.pieces.push(varint((field << 3) | 5), bytes);
    return this;
  }

  /** The bytes are referred to, not copied: they must not change before `finish`. */
  bytes(field: number, value: Uint8Array): this {
    this.pieces.push(varint((field << 3) | 2), varint(value.length), value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    return Buffer.concat(this.pieces);
  }
}

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

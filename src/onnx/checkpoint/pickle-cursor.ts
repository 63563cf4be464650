import { RefinerError } from '../../errors.js';

/** Reads a pickle's bytes in order. Every method throws CHECKPOINT_INVALID past the end. */
export class PickleCursor {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get position(): number {
    return this.at;
  }

  take(bytes: number): Buffer {
    if (this.at + bytes > this.bytes.length)
      throw damagedPickle(`${bytes} more bytes at ${this.at}`, 'the end');
    this.at += bytes;
    return this.bytes.subarray(this.at - bytes, this.at);
  }

  /** Up to the next line feed, which is consumed. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw damagedPickle('a line', 'the end');
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  /** A length byte, then a little-endian two's complement integer. */
  long(): number {
    const digits = this.take(this.take(1).readUInt8());
    let value = 0n;
    for (const digit of [...digits].reverse()) value = (value << 8n) | BigInt(digit);
    if ((digits.at(-1) ?? 0) >= 128) value -= 1n << BigInt(8 * digits.length);
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
      throw damagedPickle('integers below 2^53', String(value));
    }
    return Number(value);
  }
}

export function damagedPickle(expected: string, received: string): RefinerError {
  return new RefinerError('CHECKPOINT_INVALID', { where: 'data.pkl', expected, received });
}

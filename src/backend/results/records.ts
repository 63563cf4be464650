import { createHash } from 'node:crypto';

/** A payload under a key of 64 hexadecimal digits. */
export interface ResultRecord {
  readonly key: string;
  readonly payload: Uint8Array;
}

/** Random once, so that it does not turn up in a payload by itself; the last byte is the version of the layout. */
const MARK = Buffer.from('9be1c47d20f35a01', 'hex');
const KEY_BYTES = 32;
const LENGTH_BYTES = 4;
const CHECKSUM_BYTES = 16;
const LENGTH_AT = MARK.length + KEY_BYTES;
const CHECKSUM_AT = LENGTH_AT + LENGTH_BYTES;
const HEAD_BYTES = CHECKSUM_AT + CHECKSUM_BYTES;

/** A record as it is appended to a file: mark, key, length of the payload, checksum, payload. */
export function encodeRecord({ key, payload }: ResultRecord): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  MARK.copy(head);
  head.write(key, MARK.length, 'hex');
  head.writeUInt32LE(payload.length, LENGTH_AT);
  checksum(head, payload).copy(head, CHECKSUM_AT);
  return Buffer.concat([head, payload]);
}

/**
 * The records of a file that are whole. A damaged one, such as the half that a killed process leaves behind, is passed
 * over and those after it are found by their marks. `wants` is asked first: only wanted ones are checked.
 */
export function* wholeRecords(file: Uint8Array, wants: (key: string) => boolean): Generator<ResultRecord> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let at = bytes.indexOf(MARK);
  while (at !== -1 && at + HEAD_BYTES <= bytes.length) {
    const head = bytes.subarray(at, at + HEAD_BYTES);
    const end = at + HEAD_BYTES + head.readUInt32LE(LENGTH_AT);
    const payload = bytes.subarray(at + HEAD_BYTES, end);
    const key = head.toString('hex', MARK.length, LENGTH_AT);
    const isWanted = wants(key);
    const isWhole =
      end <= bytes.length &&
      (isWanted
        ? checksum(head, payload).equals(head.subarray(CHECKSUM_AT))
        : isRecordOrEnd(bytes.subarray(end)));
    if (isWanted && isWhole) yield { key, payload };
    at = bytes.indexOf(MARK, isWhole ? end : at + 1);
  }
}

function isRecordOrEnd(rest: Buffer): boolean {
  return rest.length === 0 || rest.subarray(0, MARK.length).equals(MARK);
}

function checksum(head: Buffer, payload: Uint8Array): Buffer {
  const hash = createHash('sha256').update(head.subarray(0, CHECKSUM_AT)).update(payload);
  return hash.digest().subarray(0, CHECKSUM_BYTES);
}

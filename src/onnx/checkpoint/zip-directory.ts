import type { FileHandle } from 'node:fs/promises';
import { RefinerError } from '../../errors.js';
import { readExactly } from './read-exactly.js';

/** Where an entry's bytes lie in the file. Only stored (uncompressed) entries exist here. */
export interface ZipEntry {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

const END_SIGNATURE = 0x06054b50;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_END_SIGNATURE = 0x06064b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_BYTES = 56;
const MAX_COMMENT_BYTES = 65_535;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const STORED = 0;
const IN_ZIP64 = 0xffffffff;
const ZIP64_EXTRA = 1;

/** Real checkpoints have some hundred to a few thousand entries; the bound keeps a crafted directory small. */
const MAX_ENTRIES = 100_000;
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;

interface DirectoryPlace {
  readonly entries: number;
  readonly bytes: number;
  readonly offset: number;
}

/**
 * Reads the directory of a zip file as `torch.save` writes it: zip or zip64, every entry stored. The entries' bytes are
 * not read. Throws CHECKPOINT_INVALID for what is damaged or hostile (truncated, out of range, overlapping) and
 * CHECKPOINT_UNSUPPORTED for what is sound but not of this form (compressed, encrypted, not a zip).
 */
export async function readZipDirectory(file: FileHandle, fileBytes: number): Promise<Map<string, ZipEntry>> {
  const place = await findDirectory(file, fileBytes);
  const directory = await readExactly(file, place.offset, place.bytes, 'zip directory');
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let index = 0; index < place.entries; index++) {
    const header = parseCentralHeader(directory, at);
    if (entries.has(header.name))
      throw invalid('zip directory', 'entry names once each', `${header.name} twice`);
    entries.set(header.name, await locateData(file, header, place.offset));
    at = header.next;
  }
  refuseOverlaps([...entries.values()]);
  return entries;
}

async function findDirectory(file: FileHandle, fileBytes: number): Promise<DirectoryPlace> {
  const tailBytes = Math.min(fileBytes, END_BYTES + MAX_COMMENT_BYTES + ZIP64_LOCATOR_BYTES);
  const tail = await readExactly(file, fileBytes - tailBytes, tailBytes, 'end of file');
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END_SIGNATURE) end--;
  if (end < 0) {
    throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
      expected: 'a checkpoint saved by PyTorch 1.6 or newer (a zip file)',
      received: 'a file that is no zip, or is cut off',
    });
  }
  const locator = end - ZIP64_LOCATOR_BYTES;
  const isZip64 = locator >= 0 && tail.readUInt32LE(locator) === ZIP64_LOCATOR_SIGNATURE;
  const place = isZip64
    ? await readZip64End(file, safeInteger(tail.readBigUInt64LE(locator + 8), 'zip64 locator'), fileBytes)
    : {
        entries: tail.readUInt16LE(end + 10),
        bytes: tail.readUInt32LE(end + 12),
        offset: tail.readUInt32LE(end + 16),
      };
  if (place.entries > MAX_ENTRIES || place.bytes > MAX_DIRECTORY_BYTES) {
    throw invalid(
      'zip directory',
      `at most ${MAX_ENTRIES} entries in ${MAX_DIRECTORY_BYTES} bytes`,
      `${place.entries} entries in ${place.bytes} bytes`,
    );
  }
  if (place.offset + place.bytes > fileBytes) {
    throw invalid('zip directory', `an end before byte ${fileBytes}`, `${place.offset + place.bytes}`);
  }
  return place;
}

async function readZip64End(file: FileHandle, offset: number, fileBytes: number): Promise<DirectoryPlace> {
  if (offset + ZIP64_END_BYTES > fileBytes) {
    throw invalid('zip64 end record', `an offset before byte ${fileBytes}`, String(offset));
  }
  const record = await readExactly(file, offset, ZIP64_END_BYTES, 'zip64 end record');
  if (record.readUInt32LE(0) !== ZIP64_END_SIGNATURE) {
    throw invalid('zip64 end record', 'its signature', `0x${record.readUInt32LE(0).toString(16)}`);
  }
  return {
    entries: safeInteger(record.readBigUInt64LE(32), 'zip64 entry count'),
    bytes: safeInteger(record.readBigUInt64LE(40), 'zip64 directory size'),
    offset: safeInteger(record.readBigUInt64LE(48), 'zip64 directory offset'),
  };
}

interface CentralHeader {
  readonly name: string;
  readonly bytes: number;
  readonly localOffset: number;
  readonly next: number;
}

function parseCentralHeader(directory: Buffer, at: number): CentralHeader {
  if (at + CENTRAL_HEADER_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL_SIGNATURE) {
    throw invalid('zip directory', `an entry at byte ${at}`, 'something else');
  }
  const nameBytes = directory.readUInt16LE(at + 28);
  const extraBytes = directory.readUInt16LE(at + 30);
  const commentBytes = directory.readUInt16LE(at + 32);
  const extraAt = at + CENTRAL_HEADER_BYTES + nameBytes;
  const next = extraAt + extraBytes + commentBytes;
  if (next > directory.length) throw invalid('zip directory', 'whole entries', 'one that is cut off');
  const name = directory.toString('utf8', at + CENTRAL_HEADER_BYTES, extraAt);
  const sizes = wideSizes(
    directory.subarray(extraAt, extraAt + extraBytes),
    [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)],
    name,
  );
  const [bytes, storedBytes, localOffset] = sizes;
  const encrypted = (directory.readUInt16LE(at + 8) & 1) !== 0;
  const method = directory.readUInt16LE(at + 10);
  if (method !== STORED || encrypted || bytes !== storedBytes) {
    throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
      where: name,
      expected: 'an uncompressed, unencrypted entry, as torch.save writes them',
      received: encrypted ? 'an encrypted one' : `compression method ${method}`,
    });
  }
  return { name, bytes, localOffset, next };
}

/** Replaces sizes of 0xffffffff by the 64-bit ones of the zip64 extra field, which lists just those, in this order. */
function wideSizes(
  extra: Buffer,
  sizes: readonly [number, number, number],
  name: string,
): [number, number, number] {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === ZIP64_EXTRA)
      field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  const widen = (size: number): number => {
    if (size !== IN_ZIP64) return size;
    if (at + 8 > field.length) throw invalid(name, 'a zip64 field with its sizes', 'none');
    at += 8;
    return safeInteger(field.readBigUInt64LE(at - 8), name);
  };
  return [widen(sizes[0]), widen(sizes[1]), widen(sizes[2])];
}

async function locateData(
  file: FileHandle,
  header: CentralHeader,
  directoryOffset: number,
): Promise<ZipEntry> {
  const { name, bytes, localOffset } = header;
  if (localOffset + LOCAL_HEADER_BYTES > directoryOffset) {
    throw invalid(name, `an entry before byte ${directoryOffset}`, `one at ${localOffset}`);
  }
  const local = await readExactly(file, localOffset, LOCAL_HEADER_BYTES, name);
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw invalid(name, 'a local header', 'something else');
  const offset = localOffset + LOCAL_HEADER_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (offset + bytes > directoryOffset) {
    throw invalid(name, `data before byte ${directoryOffset}`, `data up to byte ${offset + bytes}`);
  }
  return { name, offset, bytes };
}

function refuseOverlaps(entries: readonly ZipEntry[]): void {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  let previous: ZipEntry | null = null;
  for (const entry of sorted) {
    if (previous && previous.offset + previous.bytes > entry.offset) {
      throw invalid(entry.name, 'bytes of its own', `bytes shared with ${previous.name}`);
    }
    previous = entry;
  }
}

function safeInteger(value: bigint, where: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(where, 'a size below 2^53', String(value));
  return Number(value);
}

function invalid(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('CHECKPOINT_INVALID', { where, expected, received });
}

import { appendFile, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { giveTurns } from '../give-turns.js';
import { encodeRecord, type ResultRecord, wholeRecords } from './records.js';

/**
 * Payloads on disk, by file (what belongs to one image) and key. It is a cache: what cannot be read or written is not
 * there, and nothing rejects.
 */
export interface ResultStore {
  /** Those of the wanted payloads that are there whole, by key. */
  read(file: string, keys: ReadonlySet<string>): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Adds records to a file, in the background. */
  add(file: string, records: readonly ResultRecord[]): void;
  /** Resolves when everything added is written. */
  close(): Promise<void>;
}

export interface ResultStoreSettings {
  readonly folder: string;
  /** Most bytes of all files; the files used least recently are deleted for it. */
  readonly maxBytes: number;
  /** Told of the first of a row of failures. */
  readonly onFailure: (error: unknown) => void;
}

const FILE_NAME = /^[0-9a-f]{64}$/;
/** A file takes whole blocks of this size. */
const BLOCK_BYTES = 4096;
/** A file is read whole, so one that grows beyond this is begun anew. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** On a disk that does not keep up, results are dropped rather than heaped up in memory. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * A folder with one file an image, to which records are appended. An append that a kill cuts short damages that record
 * alone (see `wholeRecords`). Nothing waits for the disk: after a loss of power the last results may be missing.
 */
export function openResultStore(settings: ResultStoreSettings): ResultStore {
  return new FolderStore(settings);
}

class FolderStore implements ResultStore {
  readonly #settings: ResultStoreSettings;
  readonly #maxFileBytes: number;
  /** Bytes of each file, the one used least recently first. */
  readonly #sizes = new Map<string, number>();
  #totalBytes = 0;
  #waitingBytes = 0;
  #failing = false;
  /** One step after the other; the first one lists what is there. */
  #steps: Promise<void>;

  constructor(settings: ResultStoreSettings) {
    this.#settings = settings;
    this.#maxFileBytes = Math.min(MAX_FILE_BYTES, Math.floor(settings.maxBytes / 2));
    this.#steps = this.#attempt(() => this.#list());
  }

  async read(file: string, keys: ReadonlySet<string>): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const bytes = await readFile(this.#path(file)).catch(() => null);
    if (bytes === null) return found;
    const giveTurn = giveTurns();
    for (const { key, payload } of wholeRecords(bytes, (name) => keys.has(name) && !found.has(name))) {
      found.set(key, payload);
      await giveTurn();
    }
    if (found.size > 0) this.#enqueue(() => this.#touch(file));
    return found;
  }

  add(file: string, records: readonly ResultRecord[]): void {
    const bytes = Buffer.concat(records.map(encodeRecord));
    if (bytes.length > this.#maxFileBytes || this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
    this.#waitingBytes += bytes.length;
    this.#enqueue(async () => {
      try {
        await this.#append(file, bytes);
        this.#failing = false;
      } finally {
        this.#waitingBytes -= bytes.length;
      }
    });
  }

  close(): Promise<void> {
    return this.#steps;
  }

  #path(file: string): string {
    return join(this.#settings.folder, file);
  }

  #enqueue(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(() => this.#attempt(step));
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!this.#failing) this.#settings.onFailure(error);
      this.#failing = true;
    }
  }

  async #list(): Promise<void> {
    await mkdir(this.#settings.folder, { recursive: true, mode: 0o700 });
    const files: { readonly name: string; readonly bytes: number; readonly usedMs: number }[] = [];
    for (const name of await readdir(this.#settings.folder)) {
      if (!FILE_NAME.test(name)) continue;
      const facts = await stat(this.#path(name)).catch(() => null);
      if (facts !== null) files.push({ name, bytes: facts.size, usedMs: facts.mtimeMs });
    }
    files.sort((a, b) => a.usedMs - b.usedMs);
    for (const { name, bytes } of files) this.#note(name, bytes);
    await this.#evict();
  }

  async #append(file: string, bytes: Uint8Array): Promise<void> {
    const before = this.#sizes.get(file) ?? 0;
    if (before + bytes.length > this.#maxFileBytes) await this.#remove(file);
    await appendFile(this.#path(file), bytes, { mode: 0o600 });
    this.#note(file, (this.#sizes.get(file) ?? 0) + bytes.length);
    await this.#evict();
  }

  async #touch(file: string): Promise<void> {
    const bytes = this.#sizes.get(file);
    if (bytes === undefined) return;
    this.#note(file, bytes);
    const now = new Date();
    // Another process may have deleted it.
    await utimes(this.#path(file), now, now).catch(() => undefined);
  }

  async #evict(): Promise<void> {
    for (const oldest of this.#sizes.keys()) {
      if (this.#totalBytes <= this.#settings.maxBytes) break;
      await this.#remove(oldest);
    }
  }

  async #remove(file: string): Promise<void> {
    await rm(this.#path(file), { force: true });
    this.#totalBytes -= onDisk(this.#sizes.get(file) ?? 0);
    this.#sizes.delete(file);
  }

  /** Notes a file's size and that it is the one used last. */
  #note(file: string, bytes: number): void {
    this.#totalBytes += onDisk(bytes) - onDisk(this.#sizes.get(file) ?? 0);
    this.#sizes.delete(file);
    this.#sizes.set(file, bytes);
  }
}

function onDisk(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

import { readFile, rm, stat } from 'node:fs/promises';
import { writeAtomically } from './write-atomically.js';

/** How much of a download is there, and what identifies the version of the file that it belongs to. */
export interface Progress {
  readonly bytes: number;
  /** The server's ETag or date of change, for `If-Range`; null when nothing can be resumed. */
  readonly validator: string | null;
}

const NOTHING: Progress = { bytes: 0, validator: null };

/** The state of an unfinished download: its bytes in `path`, beside it the address and validator that they came with. */
export class PartialFile {
  constructor(
    readonly path: string,
    private readonly url: string,
  ) {}

  /** What an earlier attempt left; nothing unless it came from the same address and can be continued. */
  async progress(): Promise<Progress> {
    const size = await stat(this.path).then(
      (found) => found.size,
      () => 0,
    );
    const text = await readFile(this.notePath, 'utf8').catch(() => '');
    const [url, validator = ''] = text.split('\n');
    return size > 0 && url === this.url && validator !== '' ? { bytes: size, validator } : NOTHING;
  }

  /** Notes what the bytes written from now on belong to. */
  async begin(validator: string | null): Promise<void> {
    await rm(this.path, { force: true });
    await writeAtomically(this.notePath, `${this.url}\n${validator ?? ''}`);
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    await this.forget();
  }

  /** Drops the note once the file is whole. */
  async forget(): Promise<void> {
    await rm(this.notePath, { force: true });
  }

  private get notePath(): string {
    return `${this.path}.from`;
  }
}

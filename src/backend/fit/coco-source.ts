import { basename, dirname } from 'node:path';
import { type CocoImage, cocoImages } from '../../fit/coco-annotations.js';
import { folderBelow, readFileOf } from '../jobs/data-folder.js';
import type { JsonParser } from '../json-parser.js';
import { giveTurns } from '../give-turns.js';
import type { FitInput } from './fit-input.js';
import type { FitImage, FitSource } from './fit-source.js';
import { type FolderSourceSettings, requireDataDir } from './folder-source.js';

/** Paths relative to the data folder. */
export interface CocoFitInput extends FitInput {
  readonly images: string;
  readonly file: string;
}

export interface CocoSourceSettings extends FolderSourceSettings {
  readonly json: Pick<JsonParser, 'parse'>;
}

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** The masks of a COCO instances file. */
export function cocoSource({ dataDir, maxImageBytes, json }: CocoSourceSettings): FitSource<CocoFitInput> {
  const foldersOf = async ({ images, file }: CocoFitInput): Promise<{ images: string; file: string }> => {
    const root = requireDataDir(dataDir);
    return { images: await folderBelow(root, images), file: await folderBelow(root, dirname(file)) };
  };
  return {
    schema: {
      source: 'coco',
      description: 'Learns from a COCO instances file. Paths are relative to SAMREFINER_DATA_DIR.',
      required: ['images', 'file'],
      properties: {
        images: path('Folder that the file’s file_name entries are relative to.'),
        file: path('The JSON file.'),
      },
    },
    require: async (input) => {
      await foldersOf(input);
    },
    use: async (input, work) => {
      const folders = await foldersOf(input);
      return work(async function* (signal) {
        const bytes = await readFileOf(folders.file, basename(input.file), MAX_FILE_BYTES, signal);
        const found = await cocoImages(await json.parse(new Uint8Array(bytes), signal), giveTurns());
        const images = found.map((image) => imageOf(image, folders.images, maxImageBytes));
        yield { images, total: found.length };
      });
    },
  };
}

function imageOf({ fileName, size, shapes }: CocoImage, folder: string, maxBytes: number): FitImage {
  return {
    name: fileName,
    side: fileName,
    masks: shapes.length,
    load: async (signal) => {
      const own = await folderBelow(folder, dirname(fileName));
      const bytes = await readFileOf(own, basename(fileName), maxBytes, signal);
      const objects = shapes.map((truth) => ({ truth, rough: null, madeFor: size, corrected: false }));
      return { bytes, orientation: 'match', objects };
    },
  };
}

function path(description: string): object {
  return { type: 'string', minLength: 1, maxLength: 1000, description };
}

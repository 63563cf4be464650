import { RefinerError } from '../../errors.js';
import type { RoughShape } from '../../formats/rough-shape.js';
import { folderBelow, readFileOf } from '../jobs/data-folder.js';
import { type ImageWithMasks, pairFolders } from '../jobs/folder-pairs.js';
import type { FitInput } from './fit-input.js';
import type { FitImage, FitObject, FitSource } from './fit-source.js';

/** Paths relative to the data folder. */
export interface FolderFitInput extends FitInput {
  readonly images: string;
  readonly masks: string;
  readonly rough?: string;
}

export interface FolderSourceSettings {
  /** Folder below which everything lies; null refuses the kind. */
  readonly dataDir: string | null;
  readonly maxImageBytes: number;
}

interface Folders {
  readonly images: string;
  readonly masks: string;
  readonly rough: string | null;
}

/** Masks in a folder of their own, named like the images; rough masks, if there are, under the names of the true ones. */
export function folderSource({ dataDir, maxImageBytes }: FolderSourceSettings): FitSource<FolderFitInput> {
  const foldersOf = async ({ images, masks, rough }: FolderFitInput): Promise<Folders> => {
    const root = requireDataDir(dataDir);
    return {
      images: await folderBelow(root, images),
      masks: await folderBelow(root, masks),
      rough: rough === undefined ? null : await folderBelow(root, rough),
    };
  };
  return {
    schema: {
      source: 'folder',
      description: 'Learns from the masks of a folder. Paths are relative to SAMREFINER_DATA_DIR.',
      required: ['images', 'masks'],
      properties: {
        images: path('Folder of photographs.'),
        masks: path('Folder of true masks; photo.jpg goes with photo.png and photo.<anything>.png.'),
        rough: path('Folder of the rough masks that the true ones began as, under the same names.'),
      },
    },
    require: async (input) => {
      const { images, masks } = await foldersOf(input);
      if (images !== masks) return;
      throw new RefinerError('JOB_FOLDER_INVALID', {
        where: 'masks',
        expected: 'another folder than that of the images',
      });
    },
    async *batches(input) {
      const folders = await foldersOf(input);
      const pairs = await pairFolders(folders.images, folders.masks);
      yield {
        images: pairs.map((pair) => imageOf(pair, folders, maxImageBytes)),
        total: pairs.length,
      };
    },
  };
}

function imageOf({ image, masks }: ImageWithMasks, folders: Folders, maxBytes: number): FitImage {
  const fileIn = async (folder: string, name: string, signal: AbortSignal): Promise<RoughShape> => ({
    kind: 'image',
    bytes: await readFileOf(folder, name, maxBytes, signal),
  });
  return {
    name: image,
    masks: masks.length,
    load: async (signal) => {
      const objects: FitObject[] = [];
      for (const { name } of masks) {
        const truth = await fileIn(folders.masks, name, signal);
        const rough = folders.rough === null ? null : await fileIn(folders.rough, name, signal);
        objects.push({ truth, rough, madeFor: null, corrected: false });
      }
      const bytes = await readFileOf(folders.images, image, maxBytes, signal);
      return { bytes, orientation: 'exif', objects };
    },
  };
}

/** Throws JOB_KIND_REFUSED where no data folder is set up. */
export function requireDataDir(dataDir: string | null): string {
  if (dataDir !== null) return dataDir;
  throw new RefinerError('JOB_KIND_REFUSED', { expected: 'SAMREFINER_DATA_DIR to be set on the server' });
}

function path(description: string): object {
  return { type: 'string', minLength: 1, maxLength: 1000, description };
}

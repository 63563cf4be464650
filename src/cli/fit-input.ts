import { dirname, parse, relative, resolve } from 'node:path';
import { cvatAdapterProject } from '../backend/cvat/adapter-project.js';
import type { FitInput } from '../backend/fit/fit-input.js';
import { adapterProject } from '../backend/label-studio/project-model.js';
import { RefinerError } from '../errors.js';

/** The options that say where true masks are; one of the four is needed. */
export interface FitPlaceFlags {
  readonly data?: string;
  readonly coco?: string;
  readonly labelStudioProject?: number;
  readonly cvatProject?: number;
  readonly masks?: string;
  /** Name to keep what is learned under; projects of a platform have one. */
  readonly project?: string;
}

/** Where to learn from: folders that are read here, or a source that the server has too. */
export type FitPlace =
  | { readonly kind: 'folder'; readonly data: string; readonly project: string }
  | {
      readonly kind: 'source';
      readonly input: FitInput;
      /** Folder that the paths in the input are relative to; null where it has none. */
      readonly dataDir: string | null;
      readonly project: string;
    };

/** Throws CONFIG_INVALID for none or several places, and where a name is missing. */
export function fitPlaceOf(flags: FitPlaceFlags): FitPlace {
  const { data, coco, labelStudioProject, cvatProject, masks, project } = flags;
  const platforms = [labelStudioProject, cvatProject].filter((id) => id !== undefined);
  const folders = [data ?? coco].filter((path) => path !== undefined);
  if (
    platforms.length + folders.length !== 1 ||
    (masks !== undefined && (data === undefined || coco !== undefined))
  ) {
    throw invalid(
      'one of --data, --coco, --label-studio-project and --cvat-project; --masks with --data alone',
    );
  }
  if (labelStudioProject !== undefined) {
    const input = { source: 'label-studio', project: String(labelStudioProject) };
    return { kind: 'source', input, dataDir: null, project: project ?? adapterProject(input.project) };
  }
  if (cvatProject !== undefined) {
    const input = { source: 'cvat', project: cvatProject };
    return { kind: 'source', input, dataDir: null, project: project ?? cvatAdapterProject(cvatProject) };
  }
  if (project === undefined) throw invalid('--project, the name to keep what is learned under');
  if (coco === undefined) return { kind: 'folder', data: data ?? '', project };
  const file = resolve(coco);
  const { root } = parse(file);
  const below = (path: string): string => relative(root, path) || '.';
  const images = below(data === undefined ? dirname(file) : resolve(data));
  return {
    kind: 'source',
    input: { source: 'coco', file: below(file), images } as FitInput,
    dataDir: root,
    project,
  };
}

function invalid(expected: string): RefinerError {
  return new RefinerError('CONFIG_INVALID', { expected });
}

import { collapseByArea } from './collapse-by-area.js';
import { collapseByPixels } from './collapse-by-pixels.js';
import { fillPolygon, type Ring } from './fill-polygon.js';
import { startOfLargestComponent } from './largest-component.js';
import { draftIou, draftOf } from './polygon-draft.js';
import { rowCoverage } from './row-coverage.js';
import { separatePinches } from './separate-pinches.js';
import { dropSpecks } from './drop-specks.js';
import { outlineAreasPx, traceOutlineFrom, traceOutlines, type Outline } from './trace-outline.js';
import type { Mask, Size } from './types.js';
import { ringsOf } from './vertex-chain.js';

export interface PolygonizeOptions {
  /** The least IoU between the filled rings and the mask, 0 to 1. */
  readonly minIou?: number;
  /** The most vertices of all rings together, at least 3. Goes before `minIou`. */
  readonly maxVertices?: number;
}

const DEFAULTS = { minIou: 0.98, maxVertices: 1000 } as const;

/** The outline of a mask's largest component, its holes filled, and how well it covers that filled component. */
export interface PolygonOfMask {
  /** x0, y0, x1, y1, … in image pixels, within the image; simple, clockwise on the screen. Empty for an empty mask. */
  readonly ring: Ring;
  readonly iouToMask: number;
}

export interface RingsOfMask {
  /** Outlines of components (clockwise) and holes (counter-clockwise) for even-odd filling; none for an empty mask. */
  readonly rings: readonly Ring[];
  readonly iouToMask: number;
}

/**
 * One polygon for the mask's largest component, holes filled: as few vertices as are needed for `minIou`, where
 * `iouToMask` is measured on the filled polygon. When `maxVertices` do not suffice for `minIou`, the best found.
 */
export function polygonize(mask: Mask, options: PolygonizeOptions = {}): PolygonOfMask {
  const start = startOfLargestComponent(mask);
  if (start === null) return { ring: [], iouToMask: 1 };
  const outline = traceOutlineFrom(mask, start);
  const target = fillPolygon([outline.ring], sizeOf(mask));
  const { rings, iouToMask } = simplify([outline], target, options);
  return { ring: rings[0] ?? [], iouToMask };
}

/**
 * Polygons for all components and holes, to be filled by the even-odd rule, with as few vertices as are needed for
 * `minIou`. Single pixels and pinholes are dropped where `minIou` allows, the smallest rings where `maxVertices` does
 * not suffice for all.
 */
export function polygonizeAll(mask: Mask, options: PolygonizeOptions = {}): RingsOfMask {
  const { minIou = DEFAULTS.minIou, maxVertices = DEFAULTS.maxVertices } = options;
  const areas = outlineAreasPx(mask);
  if (areas.length === 0) return { rings: [], iouToMask: 1 };
  for (let maxRings = Math.floor(maxVertices / VERTICES_PER_RING); ; maxRings = Math.floor(maxRings / 2)) {
    const wanted = dropSpecks(areas, minIou, Math.max(1, maxRings));
    const outlines = traceOutlines(mask, (index) => wanted[index] === 1);
    const result = simplify(outlines, mask, options);
    const vertices = result.rings.reduce((sum, ring) => sum + ring.length / 2, 0);
    // Rings that lie close together can keep each other from losing vertices; a single one always can.
    if (vertices <= maxVertices || maxRings <= 1) return result;
  }
}

/** Where vertices are scarce, rings are dropped until each may have this many: triangles show little. */
const VERTICES_PER_RING = 6;

/** Rows of pixels that the fine search may visit, about a tenth of a second's work. */
const MAX_ROWS = 20_000_000;

function simplify(outlines: readonly Outline[], target: Mask, options: PolygonizeOptions): RingsOfMask {
  const minIou = options.minIou ?? DEFAULTS.minIou;
  const maxVertices = Math.max(3, options.maxVertices ?? DEFAULTS.maxVertices);
  const coverage = rowCoverage(target);
  const coarse = draftOf(
    outlines.map(({ ring }) => separatePinches(ring, target)),
    coverage,
  );
  collapseByArea(coarse, { minIou, forcedAbove: 2 * maxVertices });
  const fine = draftOf(ringsOf(coarse.chain), coverage);
  collapseByPixels(fine, { minIou, forcedAbove: maxVertices }, MAX_ROWS);
  if (fine.vertexCount > maxVertices) collapseByArea(fine, { minIou: 1, forcedAbove: maxVertices });
  // The sums are those of the filled rings, to the pixel, as long as the rings are simple, which every step keeps.
  return { rings: ringsOf(fine.chain), iouToMask: draftIou(fine) };
}

function sizeOf(mask: Mask): Size {
  return { width: mask.imageWidth, height: mask.imageHeight };
}

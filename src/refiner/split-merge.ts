/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { connectedComponents } from './components.js';
import { areaPx } from './mask.js';
import type { Mask } from './types.js';
import { unionMasks } from './union.js';

/** Components with fewer pixels are dropped from a mask of several. */
const LEAST_REGION_PX = 5;
/** The merged region must fill this share of its box (μ), or nearly as much as the sparser of the two. */
const FILL_THRESHOLD = 0.5;
const FILL_SLACK = 0.1;

/** Boxes (half-open) and areas of the regions; the number of a region is that of one of its components. */
interface Regions {
  readonly x0: Int32Array;
  readonly y0: Int32Array;
  readonly x1: Int32Array;
  readonly y1: Int32Array;
  readonly areaPx: Int32Array;
}

/**
 * Splits the mask of a class into the regions that are refined each on its own: connected components, of which those
 * are merged that together fill their common box. Greedy and dependent on order, exactly as the official
 * `sem2ins_mask.py`: components are numbered as OpenCV does; each takes in later ones and its box grows meanwhile; one
 * that has been taken in is scanned again in its own turn. A lone component is returned however small it is.
 *
 * The time grows with the square of the number of components of 5 pixels and more.
 */
export function splitThenMerge(mask: Mask): readonly Mask[] {
  const components = [...connectedComponents(mask)].sort(byFirstBlock);
  if (components.length <= 1) return components;
  const large = components.filter((component) => areaPx(component) >= LEAST_REGION_PX);
  const regionOf = mergeRegions(large);
  const members = large.map((): Mask[] => []);
  large.forEach((component, i) => members[regionOf[i]!]!.push(component));
  const size = { width: mask.imageWidth, height: mask.imageHeight };
  return members.filter((parts) => parts.length > 0).map((parts) => unionMasks(parts, size));
}

/** The region that each component ends up in. */
function mergeRegions(components: readonly Mask[]): Int32Array {
  const regions: Regions = {
    x0: Int32Array.from(components, ({ box }) => box.x0),
    y0: Int32Array.from(components, ({ box }) => box.y0),
    x1: Int32Array.from(components, ({ box }) => box.x1),
    y1: Int32Array.from(components, ({ box }) => box.y1),
    areaPx: Int32Array.from(components, areaPx),
  };
  const regionOf = Int32Array.from(components.keys());
  for (let i = 0; i < components.length; i++) {
    const target = regionOf[i]!;
    for (let j = i + 1; j < components.length; j++) {
      const other = regionOf[j]!;
      if (other === target || !belongTogether(regions, target, other)) continue;
      takeIn(regions, target, other);
      for (let k = 0; k < regionOf.length; k++) if (regionOf[k] === other) regionOf[k] = target;
    }
  }
  return regionOf;
}

function takeIn({ x0, y0, x1, y1, areaPx: area }: Regions, target: number, other: number): void {
  x0[target] = Math.min(x0[target]!, x0[other]!);
  y0[target] = Math.min(y0[target]!, y0[other]!);
  x1[target] = Math.max(x1[target]!, x1[other]!);
  y1[target] = Math.max(y1[target]!, y1[other]!);
  area[target]! += area[other]!;
}

function belongTogether({ x0, y0, x1, y1, areaPx: area }: Regions, a: number, b: number): boolean {
  const boxA = (x1[a]! - x0[a]!) * (y1[a]! - y0[a]!);
  const boxB = (x1[b]! - x0[b]!) * (y1[b]! - y0[b]!);
  // The official code measures the common box from pixel to pixel, one less on each side than the two boxes: a box one
  // pixel wide has no area, the share becomes infinite, and the regions merge.
  const commonWidth = Math.max(x1[a]!, x1[b]!) - Math.min(x0[a]!, x0[b]!) - 1;
  const commonHeight = Math.max(y1[a]!, y1[b]!) - Math.min(y0[a]!, y0[b]!) - 1;
  const commonBox = commonWidth * commonHeight;
  if (boxA + boxB <= commonBox * 0.5) return false;
  const fill = Math.min(area[a]! / boxA, area[b]! / boxB);
  return (area[a]! + area[b]!) / commonBox > Math.min(FILL_THRESHOLD, fill - FILL_SLACK);
}

/**
 * OpenCV labels in the order of the first 2×2 block of pixels, not of the first pixel. 8-connected components never
 * share a block.
 */
function byFirstBlock(a: Mask, b: Mask): number {
  const [rowA, rowB] = [a.box.y0 >> 1, b.box.y0 >> 1];
  return rowA === rowB ? firstBlockColumn(a) - firstBlockColumn(b) : rowA - rowB;
}

function firstBlockColumn(component: Mask): number {
  const { box, data } = component;
  const width = box.x1 - box.x0;
  const rows = box.y0 % 2 === 0 ? Math.min(2, box.y1 - box.y0) : 1;
  let first = width;
  for (let row = 0; row < rows; row++) {
    const x = data.subarray(row * width, (row + 1) * width).indexOf(1);
    if (x >= 0) first = Math.min(first, x);
  }
  return (box.x0 + first) >> 1;
}

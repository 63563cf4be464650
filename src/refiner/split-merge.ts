/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { connectedComponents } from './components.js';
import { areaPx } from './mask.js';
import type { Box, Mask } from './types.js';
import { unionMasks } from './union.js';

/** Components with fewer pixels are dropped from a mask of several. */
const LEAST_REGION_PX = 5;
/** The merged region must fill this share of its box (μ), or nearly as much as the sparser of the two. */
const FILL_THRESHOLD = 0.5;
const FILL_SLACK = 0.1;

interface Region {
  readonly members: readonly Mask[];
  readonly box: Box;
  readonly areaPx: number;
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
  const large = components
    .map((component): Region => ({ members: [component], box: component.box, areaPx: areaPx(component) }))
    .filter((region) => region.areaPx >= LEAST_REGION_PX);
  const size = { width: mask.imageWidth, height: mask.imageHeight };
  return mergeRegions(large).map((region) => unionMasks(region.members, size));
}

/** The merged regions, ordered by the number of the component that made the last merge of each. */
function mergeRegions(regions: readonly Region[]): readonly Region[] {
  const current: (Region | undefined)[] = [...regions];
  /** The region that each component belongs to now. */
  const regionOf = Int32Array.from(regions.keys());
  for (let i = 0; i < regions.length; i++) {
    const target = regionOf[i]!;
    for (let j = i + 1; j < regions.length; j++) {
      const other = regionOf[j]!;
      if (other === target || !belongTogether(current[target]!, current[other]!)) continue;
      current[target] = merge(current[target]!, current[other]!);
      current[other] = undefined;
      for (let k = 0; k < regionOf.length; k++) if (regionOf[k] === other) regionOf[k] = target;
    }
  }
  return current.filter((region) => region !== undefined);
}

function merge(a: Region, b: Region): Region {
  return { members: [...a.members, ...b.members], box: hull(a.box, b.box), areaPx: a.areaPx + b.areaPx };
}

function belongTogether(a: Region, b: Region): boolean {
  const boxA = boxAreaPx(a.box);
  const boxB = boxAreaPx(b.box);
  const { x0, y0, x1, y1 } = hull(a.box, b.box);
  // The official code measures the common box from pixel to pixel, one less on each side than the two boxes: a box one
  // pixel wide has no area, the share becomes infinite, and the regions merge.
  const commonBox = (x1 - 1 - x0) * (y1 - 1 - y0);
  if (boxA + boxB <= commonBox * 0.5) return false;
  const fill = Math.min(a.areaPx / boxA, b.areaPx / boxB);
  return (a.areaPx + b.areaPx) / commonBox > Math.min(FILL_THRESHOLD, fill - FILL_SLACK);
}

function boxAreaPx(box: Box): number {
  return (box.x1 - box.x0) * (box.y1 - box.y0);
}

function hull(a: Box, b: Box): Box {
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
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

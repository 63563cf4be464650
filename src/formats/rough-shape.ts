import type { Rectangle } from '../refiner/tight-rectangle.js';

/** `pixel`: image pixels, edges at integers. `percent`: 0–100 of the image's width and height. */
export type CoordinateUnit = 'pixel' | 'percent';

/** A ring of vertices as x0, y0, x1, y1, …; closed implicitly. */
export type Ring = readonly number[];

/** One drag of a brush or an eraser with round ends and corners, as a path x0, y0, x1, y1, … of its middle. */
export interface BrushStroke {
  readonly erases: boolean;
  /** Percent, 0–100, of the image's width and height. */
  readonly path: readonly number[];
  /** Percent of the image's width. */
  readonly widthPercent: number;
}

/**
 * A shape as an annotator or another model made it, still in the form it came in. Drawing it (`shapeToMask`) is
 * arithmetic on the size of its box and happens in the inference worker, not on the thread that answers requests.
 */
export type RoughShape =
  /** Label Studio's brush code; the mask is the alpha channel of a `width × height` RGBA image. */
  | { readonly kind: 'brush-rle'; readonly rle: Uint8Array; readonly width: number; readonly height: number }
  /** A brush drawing not rendered yet: strokes, in their order, over the union of the shapes `under` them. */
  | {
      readonly kind: 'brush-strokes';
      readonly under: readonly RoughShape[];
      readonly strokes: readonly BrushStroke[];
    }
  /** COCO's column-major counts, compressed (string) or not. */
  | {
      readonly kind: 'coco-rle';
      readonly counts: string | readonly number[];
      readonly width: number;
      readonly height: number;
    }
  /** CVAT's runs and inclusive box in pixels, for whatever image it lies on. */
  | { readonly kind: 'cvat-mask'; readonly points: readonly number[] }
  /** An image file whose non-zero (alpha, where there is one, else grey > 127) pixels are the mask. */
  | { readonly kind: 'image'; readonly bytes: Uint8Array }
  /** Even-odd filled rings: the outline and its holes or islands. */
  | { readonly kind: 'polygon'; readonly unit: CoordinateUnit; readonly rings: readonly Ring[] }
  /** Corner before rotation; rotation in degrees clockwise about that corner, taken in pixels. */
  | {
      readonly kind: 'rectangle';
      readonly unit: CoordinateUnit;
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly rotationDegrees: number;
    }
  /** Centre and half axes; rotation in degrees clockwise about the centre, taken in pixels. */
  | {
      readonly kind: 'ellipse';
      readonly unit: CoordinateUnit;
      readonly x: number;
      readonly y: number;
      readonly radiusX: number;
      readonly radiusY: number;
      readonly rotationDegrees: number;
    };

/** How closely vertices follow a mask. */
export interface OutlineForm {
  readonly minIou: number;
  readonly maxVertices: number;
}

/** The form in which a refined mask is asked back. */
export type OutputForm =
  | { readonly kind: 'brush-rle' }
  | { readonly kind: 'coco-rle' }
  /** With `outline`, the polygon of its largest component besides; with `box`, the rectangle that it would be. */
  | { readonly kind: 'cvat-mask'; readonly outline?: OutlineForm; readonly box?: true }
  | { readonly kind: 'png' }
  /** One outline (the largest component, holes filled) with the fewest vertices that keep `minIou` to the mask. */
  | ({ readonly kind: 'polygon' } & OutlineForm)
  /** All components and holes, even-odd. */
  | ({ readonly kind: 'rings' } & OutlineForm)
  /** The axis-aligned box, or with `rotationDegrees` the tightest box turned by that angle; specks are left out. */
  | { readonly kind: 'rectangle'; readonly rotationDegrees: number }
  /** The ellipse with the mask's centroid and second moments. */
  | { readonly kind: 'ellipse' };

/** A refined mask in the asked form; coordinates in image pixels. */
export type RefinedShape =
  | { readonly kind: 'brush-rle'; readonly rle: Uint8Array }
  | { readonly kind: 'coco-rle'; readonly counts: string; readonly width: number; readonly height: number }
  | {
      readonly kind: 'cvat-mask';
      readonly points: readonly number[];
      readonly outline?: Ring;
      readonly box?: Rectangle;
    }
  | { readonly kind: 'png'; readonly bytes: Uint8Array }
  | { readonly kind: 'polygon'; readonly ring: Ring; readonly iouToMask: number }
  | { readonly kind: 'rings'; readonly rings: readonly Ring[]; readonly iouToMask: number }
  | ({ readonly kind: 'rectangle' } & Rectangle)
  | {
      readonly kind: 'ellipse';
      readonly x: number;
      readonly y: number;
      readonly radiusX: number;
      readonly radiusY: number;
      readonly rotationDegrees: number;
    };

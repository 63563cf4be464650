/** A half-open pixel rectangle `[x0, x1) × [y0, y1)`; empty when `x0 === x1` or `y0 === y1`. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** A pixel index in the image; the pixel's centre lies at `(x + 0.5, y + 0.5)`. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A binary mask, cropped to its box and placed in an image.
 *
 * `data` holds 0 or 1, row-major, `(x1 − x0) · (y1 − y0)` bytes. The box is tight: every side touches a foreground
 * pixel. An empty mask has the box `0, 0, 0, 0` and no data. Steps on a mask cost its box, not the image.
 */
export interface Mask {
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly box: Box;
  readonly data: Uint8Array;
}

/**
 * How an image sits in a model's square input frame: scaled so that its longest side is `inputSize`, padded right and
 * bottom. `maskSize` is the side of the decoder's square mask input and of its low-resolution output; both cover the
 * whole frame, padding included.
 */
export interface Frame {
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly inputSize: number;
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  readonly maskSize: number;
}

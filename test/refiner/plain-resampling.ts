/** A picture as rows of numbers. */
export type Picture = readonly (readonly number[])[];

/**
 * Bilinear resampling of a whole picture as PyTorch's CPU kernel computes it, by the formula and without shortcuts:
 * float32 throughout, the first product of each sum and that of the source position fused.
 */
export function resampled(picture: Picture, height: number, width: number): Picture {
  const f = Math.fround;
  const mix = (a: number, b: number, towardsB: number): number => f(a * f(1 - towardsB) + f(b * towardsB));
  const place = (i: number, from: number, to: number): { at: number; next: number; part: number } => {
    const position = Math.max(0, f(f(from / to) * (i + 0.5) - 0.5));
    const at = Math.floor(position);
    return { at, next: Math.min(at + 1, from - 1), part: f(position - at) };
  };
  const value = (y: number, x: number): number => picture[y]?.[x] ?? NaN;
  const sourceWidth = picture[0]?.length ?? 0;
  return Array.from({ length: height }, (_, y) => {
    const row = place(y, picture.length, height);
    return Array.from({ length: width }, (__, x) => {
      const column = place(x, sourceWidth, width);
      const across = (r: number): number => mix(value(r, column.at), value(r, column.next), column.part);
      return mix(across(row.at), across(row.next), row.part);
    });
  });
}

/** The upper left part of a picture, or the picture continued with `value` to the right and below. */
export function framed(picture: Picture, height: number, width: number, value: number): Picture {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => picture[y]?.[x] ?? value),
  );
}

export function pictureOf(values: ArrayLike<number>, height: number, width: number): Picture {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => values[y * width + x] ?? NaN),
  );
}

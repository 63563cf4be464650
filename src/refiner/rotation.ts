/**
 * Cosine and sine of an angle in degrees, exact at multiples of 90°: a box turned by a quarter keeps integer corners.
 * With y pointing down, positive angles turn clockwise.
 */
export function rotationOf(degrees: number): { readonly cos: number; readonly sin: number } {
  const turned = ((degrees % 360) + 360) % 360;
  const quarters = Math.floor(turned / 90);
  const rest = ((turned - quarters * 90) * Math.PI) / 180;
  const cos = Math.cos(rest);
  const sin = Math.sin(rest);
  if (quarters === 1) return { cos: -sin, sin: cos };
  if (quarters === 2) return { cos: -cos, sin: -sin };
  if (quarters === 3) return { cos: sin, sin: -cos };
  return { cos, sin };
}

/** Whether a mask is one pixel wide or high, which becomes empty in CVAT's browser (protocol note, section 4). */
export function vanishesInBrowser(points: readonly number[]): boolean {
  const [left = 0, top = 0, right = 0, bottom = 0] = points.slice(-4);
  return right - left < 1 || bottom - top < 1;
}

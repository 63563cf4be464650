/** All points within `radius` of the line from (ax, ay) to (bx, by), in pixels: a line with round caps. */
export interface RoundLine {
  readonly ax: number;
  readonly ay: number;
  readonly bx: number;
  readonly by: number;
  readonly radius: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Where the horizontal at height `y` lies within the line, both ends included; null where it does not. The form is
 * convex, so that this is one span: the hull of those of the two discs at its ends and of the bar between them.
 */
export function roundLineRow({ ax, ay, bx, by, radius }: RoundLine, y: number): Span | null {
  return hull(hull(disc(ax, y - ay, radius), disc(bx, y - by, radius)), bar({ ax, ay, bx, by, radius }, y));
}

function disc(x: number, dy: number, radius: number): Span | null {
  if (Math.abs(dy) > radius) return null;
  const half = Math.sqrt(radius * radius - dy * dy);
  return { from: x - half, to: x + half };
}

/** The points whose foot lies between the ends and whose distance is at most the radius: two bounds linear in x. */
function bar({ ax, ay, bx, by, radius }: RoundLine, y: number): Span | null {
  const dx = bx - ax;
  const dy = by - ay;
  const length = Math.hypot(dx, dy);
  if (length === 0) return null;
  const along = within(dx, (y - ay) * dy, 0, length * length);
  const across = within(dy, -(y - ay) * dx, -radius * length, radius * length);
  if (along === null || across === null) return null;
  const from = Math.max(along.from, across.from);
  const to = Math.min(along.to, across.to);
  return from <= to ? { from: ax + from, to: ax + to } : null;
}

/** The t for which `slope · t + offset` lies in [least, most]. */
function within(slope: number, offset: number, least: number, most: number): Span | null {
  if (slope === 0) return offset >= least && offset <= most ? { from: -Infinity, to: Infinity } : null;
  const a = (least - offset) / slope;
  const b = (most - offset) / slope;
  return { from: Math.min(a, b), to: Math.max(a, b) };
}

function hull(a: Span | null, b: Span | null): Span | null {
  if (a === null || b === null) return a ?? b;
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}

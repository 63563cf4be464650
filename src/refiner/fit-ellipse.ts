import type { Mask } from './types.js';

/** Centre and half axes in image pixels; `rotationDegrees` clockwise about the centre, 0 up to 360. */
export interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
  readonly rotationDegrees: number;
}

/** A pixel is a square, not a point: its own variance along each axis. */
const PIXEL_VARIANCE = 1 / 12;

/**
 * The ellipse with the centroid and the second moments of a mask that is not empty. `radiusX` belongs to the axis that
 * is closer to the horizontal, so an upright ellipse comes back with rotation 0 whichever of its axes is longer.
 * Source: an ellipse has the variance r² / 4 along a half axis r.
 */
export function fitEllipse(mask: Mask): Ellipse {
  const { box, data } = mask;
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  let [n, sumX, sumY, sumXx, sumXy, sumYy] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < height; row++) {
    let [count, first, second] = [0, 0, 0];
    for (let column = 0; column < width; column++) {
      if (data[row * width + column] === 0) continue;
      count++;
      first += column;
      second += column * column;
    }
    n += count;
    sumX += first;
    sumXx += second;
    sumY += row * count;
    sumYy += row * row * count;
    sumXy += row * first;
  }
  const meanX = sumX / n;
  const meanY = sumY / n;
  const varX = sumXx / n - meanX * meanX + PIXEL_VARIANCE;
  const varY = sumYy / n - meanY * meanY + PIXEL_VARIANCE;
  const covariance = sumXy / n - meanX * meanY;
  return {
    x: box.x0 + meanX + 0.5,
    y: box.y0 + meanY + 0.5,
    ...axesOf(varX, varY, covariance),
  };
}

function axesOf(
  varX: number,
  varY: number,
  covariance: number,
): Pick<Ellipse, 'radiusX' | 'radiusY' | 'rotationDegrees'> {
  const middle = (varX + varY) / 2;
  const spread = Math.hypot((varX - varY) / 2, covariance);
  const long = 2 * Math.sqrt(middle + spread);
  const short = 2 * Math.sqrt(Math.max(middle - spread, PIXEL_VARIANCE));
  // A spread of this size is rounding: the mask is as wide as it is high.
  if (spread < 1e-9 * middle) return { radiusX: long, radiusY: long, rotationDegrees: 0 };
  const longAxisDegrees = (Math.atan2(2 * covariance, varX - varY) / 2) * (180 / Math.PI);
  if (Math.abs(longAxisDegrees) <= 45) {
    return { radiusX: long, radiusY: short, rotationDegrees: (longAxisDegrees + 360) % 360 };
  }
  const shortAxisDegrees = longAxisDegrees - 90 * Math.sign(longAxisDegrees);
  return { radiusX: short, radiusY: long, rotationDegrees: (shortAxisDegrees + 360) % 360 };
}

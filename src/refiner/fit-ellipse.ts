import type { Ellipse } from './ellipse.js';
import { momentsOfDrawn, momentsOfMask, type Moments } from './moments.js';
import type { Mask } from './types.js';

/** Corrections of the fit; the first removes most of the error, and the pixels of a drawn ellipse change in jumps. */
const CORRECTIONS = 3;

/** No row of pixels is thinner, so a correction that asks for less has gone too far. */
const LEAST_RADIUS_PX = 0.5;

/**
 * The ellipse whose pixels have the centroid and the second moments of a mask that is not empty. `radiusX` belongs to
 * the axis that is closer to the horizontal, so an upright ellipse comes back with rotation 0 whichever of its axes is
 * longer; `rotationDegrees` is at least 0 and below 360.
 *
 * An ellipse has the variance r² / 4 along a half axis r. Cut into pixels, a thin one has so few rows that this is off
 * by up to a pixel, so the moments are corrected by what the ellipse, once drawn, lacks.
 */
export function fitEllipse(mask: Mask): Ellipse {
  const target = momentsOfMask(mask);
  let moments = target;
  let best = { ellipse: ellipseOf(target), error: Infinity };
  for (let i = 0; i <= CORRECTIONS; i++) {
    const ellipse = ellipseOf(moments);
    if (Math.min(ellipse.radiusX, ellipse.radiusY) <= LEAST_RADIUS_PX) break;
    const drawn = momentsOfDrawn(ellipse);
    if (drawn === null) break;
    const error = distance(drawn, target);
    if (error < best.error) best = { ellipse, error };
    moments = corrected(moments, target, drawn);
    if (moments.varX * moments.varY <= moments.covariance ** 2 || moments.varX <= 0) break;
  }
  return best.ellipse;
}

function ellipseOf({ meanX, meanY, varX, varY, covariance }: Moments): Ellipse {
  const middle = (varX + varY) / 2;
  const spread = Math.hypot((varX - varY) / 2, covariance);
  const long = 2 * Math.sqrt(middle + spread);
  const short = (4 * Math.sqrt(varX * varY - covariance * covariance)) / long;
  const centre = { x: meanX, y: meanY };
  // A spread of this size is rounding: the mask is as wide as it is high.
  if (spread < 1e-9 * middle) return { ...centre, radiusX: long, radiusY: long, rotationDegrees: 0 };
  const longAxisDegrees = (Math.atan2(2 * covariance, varX - varY) / 2) * (180 / Math.PI);
  if (Math.abs(longAxisDegrees) <= 45) {
    return { ...centre, radiusX: long, radiusY: short, rotationDegrees: (longAxisDegrees + 360) % 360 };
  }
  const shortAxisDegrees = longAxisDegrees - 90 * Math.sign(longAxisDegrees);
  return { ...centre, radiusX: short, radiusY: long, rotationDegrees: (shortAxisDegrees + 360) % 360 };
}

function corrected(moments: Moments, target: Moments, drawn: Moments): Moments {
  return {
    meanX: moments.meanX + target.meanX - drawn.meanX,
    meanY: moments.meanY + target.meanY - drawn.meanY,
    varX: moments.varX + target.varX - drawn.varX,
    varY: moments.varY + target.varY - drawn.varY,
    covariance: moments.covariance + target.covariance - drawn.covariance,
  };
}

/** How far two sets of moments lie apart, roughly in pixels. */
function distance(a: Moments, b: Moments): number {
  const size = Math.sqrt(b.varX + b.varY);
  const means = Math.hypot(a.meanX - b.meanX, a.meanY - b.meanY);
  return means + Math.hypot(a.varX - b.varX, a.varY - b.varY, a.covariance - b.covariance) / size;
}

import { optional, setting } from './config-entry.js';
import { choice, flag, fraction, integer, numberUpTo } from './config-values.js';

/** Settings of how masks are refined, and which refined ones are trusted. */
export const MASK_SETTINGS = {
  preset: optional(
    ['SAMREFINER_PRESET'],
    choice(['official', 'paper']),
    'the model’s',
    'Variant of the algorithm.',
  ),
  rounds: optional(['SAMREFINER_ROUNDS'], integer(1, 20), 'the model’s', 'Most rounds of refinement.'),
  zoom: optional(
    ['SAMREFINER_ZOOM'],
    flag(),
    'the model’s',
    'Refine small objects in the part of the image around them, which costs an encoding for each part.',
  ),
  decoderBatch: optional(
    ['SAMREFINER_DECODER_BATCH'],
    integer(1, 1024),
    'the preset’s',
    'Most masks in one run of the decoder; costs memory, never changes a result.',
  ),
  minWidthCells: optional(
    ['SAMREFINER_MIN_WIDTH_CELLS'],
    numberUpTo(64),
    'the model’s',
    'Least mean width of a rough mask in cells of the model’s mask; thinner ones are kept.',
  ),
  minAgreement: optional(
    ['SAMREFINER_MIN_AGREEMENT'],
    fraction(),
    'the model’s',
    'Least IoU of a refined mask with the rough one; below it the rough one is kept.',
  ),
  minPredictedIou: optional(
    ['SAMREFINER_MIN_PREDICTED_IOU'],
    fraction(),
    'the model’s',
    'Least IoU that the model predicts for its mask; below it the rough one is kept.',
  ),
  minStability: optional(
    ['SAMREFINER_MIN_STABILITY'],
    fraction(),
    'the model’s',
    'Least IoU of the mask at a stricter with that at a laxer threshold; below it the rough one is kept.',
  ),
  polygonMinIou: setting(
    'SAMREFINER_POLYGON_MIN_IOU',
    fraction(),
    0.98,
    'Least IoU of an answered polygon with its mask.',
  ),
  polygonMaxVertices: setting(
    'SAMREFINER_POLYGON_MAX_VERTICES',
    integer(4, 100_000),
    1000,
    'Most vertices of an answered polygon.',
  ),
} as const;

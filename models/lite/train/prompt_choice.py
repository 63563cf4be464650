"""Which prompts a training example gets: mostly all that a mask makes, sometimes one kind alone, sometimes clicks."""

from dataclasses import dataclass

import cv2
import numpy as np

from prompts import Frame, grown_box, mask_prompt, negative_point, positive_point, tight_box

# Positive, negative, two corners, and up to four clicks that correct.
POINT_SLOTS = 8
MAX_CLICKS = 4
# Points, negative point, box, mask; and how often.
COMBINATIONS = (
    ((True, True, True, True), 0.40),
    ((True, True, True, False), 0.05),
    ((False, False, True, False), 0.19),
    ((True, False, False, False), 0.22),
    ((True, True, False, False), 0.04),
    ((False, False, False, True), 0.04),
    ((False, False, True, True), 0.03),
    ((True, True, False, True), 0.03),
)
COMBINATION_SHARES = [share for _, share in COMBINATIONS]
# Where a box comes alone, the refiner may guess a mask: the ellipse in it.
GUESSED_SHARE = 0.3
AMPLITUDES = (15.0, 30.0)
# The decoder takes the mask prompt's logits divided by this.
LOGIT_SCALE = 15.0


@dataclass(frozen=True)
class Prompt:
    """`points` [8,2] as shares of the frame, `labels` [8], `mask` [M,M] logits / 15, `has_mask` 0 or 1."""

    points: np.ndarray
    labels: np.ndarray
    mask: np.ndarray
    has_mask: float


def all_prompts(rough: np.ndarray, frame: Frame, amplitude: float, moves=(False, False, False, False)) -> Prompt:
    """What the refiner makes of a rough mask [H,W] 0/1 that is not empty; sides of the box that `moves` names grow."""
    pixels, labels = _points_of(rough, positive=True, negative=True)
    box = grown_box(tight_box(rough), frame, moves)
    return _in_frame(frame, pixels, labels, box, _mask_in_frame(rough, frame, amplitude))


def draw_prompt(rough: np.ndarray, truth: np.ndarray, frame: Frame, rng: np.random.Generator) -> Prompt:
    """The prompts of `rough`, or some of them. Single prompts are made by people who see the object: most of the boxes
    and half of the points then come from `truth`."""
    combination, _share = COMBINATIONS[rng.choice(len(COMBINATIONS), p=COMBINATION_SHARES)]
    uses_points, uses_negative, uses_box, uses_mask = combination
    moves = tuple(bool(move) for move in rng.random(4) < 0.25)
    source, box = rough, tight_box(rough)
    if not uses_mask:
        if uses_points and rng.random() < 0.5:
            source = truth
        if uses_box and rng.random() < 0.6:
            box = _drawn_box(tight_box(truth), frame, rng)
    clicks: list[tuple[int, int]] = []
    click_labels: list[int] = []
    if rng.random() < 0.2:
        clicks, click_labels = _corrections(rough, truth, rng)
    if uses_points and not uses_mask and not uses_box and source is truth and rng.random() < 0.5:
        clicks, click_labels = [*clicks, _inner_point(truth, rng)], [*click_labels, 1]
        uses_points = False
    amplitude = float(rng.choice(AMPLITUDES))
    guess = source if uses_mask else None
    if uses_box and not uses_mask and not uses_points and rng.random() < GUESSED_SHARE:
        guess = _ellipse_in(box, frame)
    pixels, labels = _points_of(source, positive=uses_points, negative=uses_negative)
    mask = None if guess is None else _mask_in_frame(guess, frame, amplitude)
    final_box = grown_box(box, frame, moves) if uses_box else None
    return _in_frame(frame, [*pixels, *clicks], [*labels, *click_labels], final_box, mask)


def _ellipse_in(box: tuple[int, int, int, int], frame: Frame) -> np.ndarray:
    x0, y0, x1, y1 = box
    mask = np.zeros((frame.height, frame.width), np.uint8)
    cv2.ellipse(mask, ((x0 + x1) // 2, (y0 + y1) // 2), ((x1 - x0) // 2, (y1 - y0) // 2), 0, 0, 360, 1, -1)
    return mask


def _points_of(source: np.ndarray, *, positive: bool, negative: bool) -> tuple[list[tuple[int, int]], list[int]]:
    """Pixels and labels of the refiner's positive and negative point; there may be no negative one."""
    points = [(positive_point(source), 1)] if positive else []
    outside = negative_point(source) if negative else None
    if outside is not None:
        points.append((outside, 0))
    return [pixel for pixel, _ in points], [label for _, label in points]


def _mask_in_frame(rough: np.ndarray, frame: Frame, amplitude: float) -> np.ndarray:
    return mask_prompt(rough, positive_point(rough), frame, amplitude) / LOGIT_SCALE


def _in_frame(
    frame: Frame,
    pixels: list[tuple[int, int]],
    labels: list[int],
    box: tuple[int, int, int, int] | None,
    mask: np.ndarray | None,
) -> Prompt:
    if box is not None:
        pixels, labels = [*pixels, box[:2], box[2:]], [*labels, 2, 3]
    points = np.zeros((POINT_SLOTS, 2), np.float32)
    slots = np.full(POINT_SLOTS, -1, np.int64)
    if pixels:
        points[: len(pixels)] = (frame.to_frame(np.array(pixels)) + 0.5) / frame.input_size
        slots[: len(labels)] = labels
    if mask is None:
        return Prompt(points, slots, np.zeros((frame.mask_size, frame.mask_size), np.float32), 0.0)
    return Prompt(points, slots, mask, 1.0)


def _drawn_box(box: tuple[int, int, int, int], frame: Frame, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """A box as a person draws it: each side off by a few percent, rather too large."""
    x0, y0, x1, y1 = box
    off = rng.normal(0.01, 0.03, 4) * np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0])
    left, top = max(0, round(x0 - off[0])), max(0, round(y0 - off[1]))
    return (
        left,
        top,
        max(left + 1, min(frame.width - 1, round(x1 + off[2]))),
        max(top + 1, min(frame.height - 1, round(y1 + off[3]))),
    )


def _corrections(rough: np.ndarray, truth: np.ndarray, rng: np.random.Generator):
    """One to four clicks in what the rough mask misses (label 1) or has too much (0), deep or anywhere."""
    clicks, labels = [], []
    for _ in range(rng.integers(1, MAX_CLICKS + 1)):
        label = int(rng.random() < 0.5)
        wrong = (truth & (1 - rough)) if label else (rough & (1 - truth))
        if np.count_nonzero(wrong) >= 12:
            clicks.append(_inner_point(wrong, rng))
            labels.append(label)
    return clicks, labels


def _inner_point(mask: np.ndarray, rng: np.random.Generator) -> tuple[int, int]:
    """A pixel of the mask, more likely a deep one."""
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    candidates = np.flatnonzero(depth >= depth.max() * rng.uniform(0, 0.9))
    y, x = divmod(int(candidates[rng.integers(len(candidates))]), mask.shape[1])
    return x, y

"""Rough masks on the fly: what a person in a hurry, a detector or a superpixel tool would have made of an object."""

import cv2
import numpy as np

from defects import DEFECTS, Scene, depth
from superpixels import flip_superpixels, superpixels

SHARES = np.array([share for _, share in DEFECTS]) / sum(share for _, share in DEFECTS)
# The least IoU with the truth that a rough mask may have; thin objects, of which a pixel is much, may have less.
LEAST_IOU, LEAST_IOU_OF_THIN = 0.45, 0.25
SUPERPIXEL_SHARE = 0.45
NEARLY_RIGHT_SHARE = 0.08


def iou(a: np.ndarray, b: np.ndarray) -> float:
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def rough_mask(truth: np.ndarray, neighbours: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A rough mask [H,W] uint8 0/1 of `truth`, not empty. `neighbours` [H,W] 0/1 are other objects; `image` [H,W,3]."""
    window = _window_around(truth)
    inner = np.ascontiguousarray(truth[window])
    thickness = 4.0 * float(depth(inner)[inner > 0].mean())
    area_size = float(np.sqrt(np.count_nonzero(inner)))
    is_thin = thickness < 0.45 * area_size
    size_px = min(area_size, thickness * rng.uniform(1.5, 3.0)) if is_thin else area_size
    scene = Scene(inner, np.ascontiguousarray(neighbours[window]), max(4.0, size_px))
    least = LEAST_IOU_OF_THIN if is_thin else LEAST_IOU
    target = float(np.clip(rng.normal(0.78, 0.1), least + 0.1, 0.95))
    if rng.random() < NEARLY_RIGHT_SHARE:
        target = float(rng.uniform(0.92, 1.0))
    by_superpixels = rng.random() < SUPERPIXEL_SHARE
    # A third of the superpixel masks went wrong in another way first.
    first_target = (1.0 + target) / 2 if by_superpixels else target
    rough = inner
    if not by_superpixels or rng.random() < 0.35:
        rough = _with_defects(scene, first_target, least, rng)
    if by_superpixels:
        cell_px = max(3.0, scene.size_px * rng.uniform(0.12, 0.4))
        cells = superpixels(image[window], cell_px, rng)
        rough = flip_superpixels(rough, inner, cells, target, rng)
    result = np.zeros_like(truth)
    result[window] = rough
    return result


def _with_defects(scene: Scene, target: float, least: float, rng: np.random.Generator) -> np.ndarray:
    """Defects one after the other until the IoU is down to `target`; those that overshoot are left out."""
    rough = scene.truth
    for _ in range(7):
        if iou(rough, scene.truth) <= target + 0.03:
            break
        defect, _share = DEFECTS[rng.choice(len(DEFECTS), p=SHARES)]
        worse = defect(scene, rough, rng)
        if np.count_nonzero(worse) >= 12 and iou(worse, scene.truth) >= max(least, target - 0.12):
            rough = worse
    return rough


def _window_around(truth: np.ndarray) -> tuple[slice, slice]:
    """The object's box with half its size around it, at least 12 pixels."""
    x, y, width, height = cv2.boundingRect(truth)
    margin = max(12, max(width, height) // 2)
    return (
        slice(max(0, y - margin), min(truth.shape[0], y + height + margin)),
        slice(max(0, x - margin), min(truth.shape[1], x + width + margin)),
    )

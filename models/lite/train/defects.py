"""The ways in which rough masks go wrong. Each takes a `Scene`, the mask so far [H,W] uint8 0/1 and a generator, and
returns a worse mask; sizes are drawn relative to the object's."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Scene:
    """The surroundings of an object: `truth`, `neighbours` [H,W] uint8 0/1 and its `size_px`, which is the square root
    of its area, or less for a thin one."""

    truth: np.ndarray
    neighbours: np.ndarray
    size_px: float


Defect = Callable[[Scene, np.ndarray, np.random.Generator], np.ndarray]


def depth(mask: np.ndarray) -> np.ndarray:
    """Distance to the nearest pixel outside of the mask, in pixels; the picture's longer side where there is none."""
    return np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 3), float(max(mask.shape)))


def smooth_noise(shape: tuple[int, int], cell_px: float, rng: np.random.Generator) -> np.ndarray:
    """Normal noise that changes over about `cell_px` pixels."""
    rows, columns = (max(2, int(side / cell_px) + 2) for side in shape)
    grid = rng.standard_normal((rows, columns)).astype(np.float32)
    return cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC)


def wavy_outline(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    signed = depth(mask) - depth(1 - mask)
    reach = scene.size_px * rng.uniform(0.03, 0.2)
    noise = smooth_noise(mask.shape, max(4.0, scene.size_px * rng.uniform(0.1, 0.6)), rng)
    return (signed + reach * noise > 0).astype(np.uint8)


def thicker_or_thinner(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    amount = max(1.0, scene.size_px * rng.uniform(0.02, 0.14))
    if rng.random() < 0.55:
        return (depth(1 - mask) <= amount).astype(np.uint8)
    return (depth(mask) > amount).astype(np.uint8)


def opened_or_closed(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    amount = max(1.0, scene.size_px * rng.uniform(0.04, 0.2))
    if rng.random() < 0.5:
        smaller = (depth(mask) > amount).astype(np.uint8)
        return (depth(1 - smaller) <= amount).astype(np.uint8) if smaller.any() else mask
    larger = (depth(1 - mask) <= amount).astype(np.uint8)
    return (depth(larger) > amount).astype(np.uint8)


def low_resolution(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a detector's mask head gives: a few cells over the jittered box, brought back bilinearly."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    jitter = rng.normal(0, 0.02, 4) * scene.size_px
    y0, y1 = int(max(0, rows.min() - 1 + jitter[0])), int(min(height, rows.max() + 2 + jitter[1]))
    x0, x1 = int(max(0, columns.min() - 1 + jitter[2])), int(min(width, columns.max() + 2 + jitter[3]))
    if y1 - y0 < 3 or x1 - x0 < 3:
        return mask
    cells = int(rng.choice([7, 10, 14, 20, 28]))
    small = cv2.resize(mask[y0:y1, x0:x1].astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (3, 3), rng.uniform(0.2, 0.9))
    back = cv2.resize(small, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    result = np.zeros_like(mask)
    result[y0:y1, x0:x1] = back > rng.uniform(0.3, 0.65)
    return result


def polygon(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Simplified outlines whose corners miss a little; now and then the convex hull."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    result = np.zeros_like(mask)
    tolerance, jitter = scene.size_px * rng.uniform(0.02, 0.12), scene.size_px * rng.uniform(0, 0.05)
    as_hull = rng.random() < 0.15
    for outline in outlines:
        corners = cv2.convexHull(outline) if as_hull else cv2.approxPolyDP(outline, tolerance, True)
        moved = corners + rng.normal(0, jitter, corners.shape)
        cv2.fillPoly(result, [np.rint(moved).astype(np.int32)], 1)
    return result


def _blob(shape: tuple[int, int], centre: tuple[int, int], size_px: float, rng: np.random.Generator) -> np.ndarray:
    """A ragged ellipse."""
    axes = tuple(max(1, int(size_px * rng.uniform(0.06, 0.35))) for _ in range(2))
    blob = np.zeros(shape, np.uint8)
    cv2.ellipse(blob, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return blob & (smooth_noise(shape, max(3.0, size_px * 0.1), rng) > -0.8).astype(np.uint8)


def _random_pixel(where: np.ndarray, rng: np.random.Generator) -> tuple[int, int] | None:
    pixels = np.flatnonzero(where)
    if len(pixels) == 0:
        return None
    y, x = divmod(int(pixels[rng.integers(len(pixels))]), where.shape[1])
    return x, y


def extra_parts(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blobs at the outline or anywhere."""
    for _ in range(rng.integers(1, 4)):
        outside = depth(1 - mask)
        where = (outside > 0) & (outside < 4) if rng.random() < 0.6 else outside > 0
        centre = _random_pixel(where, rng)
        if centre is not None:
            mask = mask | _blob(mask.shape, centre, scene.size_px, rng)
    return mask


def missing_parts(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    for _ in range(rng.integers(1, 4)):
        centre = _random_pixel(mask, rng)
        if centre is not None:
            mask = mask & (1 - _blob(mask.shape, centre, scene.size_px, rng))
    return mask


def neighbour_leaks_in(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    touching = scene.neighbours & cv2.dilate(mask, np.ones((7, 7), np.uint8))
    centre = _random_pixel(touching, rng)
    if centre is None:
        return extra_parts(scene, mask, rng)
    reach = np.zeros_like(mask)
    cv2.circle(reach, centre, max(2, int(scene.size_px * rng.uniform(0.15, 0.6))), 1, -1)
    return mask | (scene.neighbours & reach)


def shifted(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moved, and turned and scaled a little."""
    rows, columns = np.nonzero(mask)
    centre = float(columns.mean()), float(rows.mean())
    move = cv2.getRotationMatrix2D(centre, float(rng.uniform(-8, 8)), float(rng.uniform(0.9, 1.12)))
    move[:, 2] += rng.uniform(-0.12, 0.12, 2) * scene.size_px
    return cv2.warpAffine(mask, move, mask.shape[::-1], flags=cv2.INTER_NEAREST)


def half_object(_scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut off along a line."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.indices(mask.shape)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    return mask & (along < np.quantile(along[mask > 0], rng.uniform(0.6, 0.92))).astype(np.uint8)


def brushed(scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Painted over with dabs of a round brush."""
    inside = depth(mask)
    result = np.zeros_like(mask)
    for _ in range(rng.integers(8, 40)):
        centre = _random_pixel(mask, rng)
        if centre is None:
            break
        radius = max(2.0, inside[centre[1], centre[0]] * rng.uniform(0.8, 1.3), scene.size_px * rng.uniform(0.03, 0.1))
        cv2.circle(result, centre, int(radius), 1, -1)
    return result


def box_or_ellipse(_scene: Scene, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = np.nonzero(mask)
    corner, far = (int(columns.min()), int(rows.min())), (int(columns.max()), int(rows.max()))
    result = np.zeros_like(mask)
    if rng.random() < 0.5:
        cv2.rectangle(result, corner, far, 1, -1)
    else:
        centre = (corner[0] + far[0]) // 2, (corner[1] + far[1]) // 2
        cv2.ellipse(result, centre, (far[0] - centre[0] + 1, far[1] - centre[1] + 1), 0, 0, 360, 1, -1)
    return result


# Every defect with how often it is drawn.
DEFECTS: tuple[tuple[Defect, float], ...] = (
    (wavy_outline, 0.16),
    (thicker_or_thinner, 0.12),
    (opened_or_closed, 0.06),
    (low_resolution, 0.15),
    (polygon, 0.15),
    (extra_parts, 0.08),
    (missing_parts, 0.08),
    (neighbour_leaks_in, 0.06),
    (shifted, 0.05),
    (half_object, 0.04),
    (brushed, 0.03),
    (box_or_ellipse, 0.02),
)

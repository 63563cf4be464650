"""Widening the data: objects cut out of other photographs, and thin things drawn with another photograph's texture.

Both return the new image and label map, with the new object under the returned id; None where nothing fits.
"""

import cv2
import numpy as np

from photographs import VOID, Photograph

Composite = tuple[np.ndarray, np.ndarray, int]


def _free_id(labels: np.ndarray) -> int | None:
    used = labels[labels != VOID]
    new_id = int(used.max(initial=0)) + 1
    return new_id if new_id < VOID else None


def paste_object(
    image: np.ndarray, labels: np.ndarray, source: Photograph, rng: np.random.Generator
) -> Composite | None:
    """Pastes an object of `source`, scaled, mirrored and relit, at a random place."""
    new_id = _free_id(labels)
    if new_id is None or not source.objects:
        return None
    mask = np.isin(source.labels, source.objects[rng.integers(len(source.objects))]).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(mask)
    scale = rng.uniform(0.15, 0.75) * min(image.shape[:2]) / max(width, height)
    size = max(6, int(width * scale)), max(6, int(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    cut = cv2.resize(source.image[y : y + height, x : x + width], size, interpolation=how).astype(np.float32)
    shape = cv2.resize(mask[y : y + height, x : x + width].astype(np.float32), size, interpolation=how)
    if rng.random() < 0.5:
        cut, shape = cut[:, ::-1], np.ascontiguousarray(shape[:, ::-1])
    cut = np.clip((cut - 127) * rng.uniform(0.8, 1.2) + 127 + rng.uniform(-20, 20), 0, 255)
    left, top = rng.integers(0, image.shape[1] - size[0] + 1), rng.integers(0, image.shape[0] - size[1] + 1)
    opacity = cv2.GaussianBlur(shape, (0, 0), rng.uniform(0.4, 1.0))
    place = slice(top, top + size[1]), slice(left, left + size[0])
    return _laid_over(image, labels, place, cut, opacity, new_id)


def draw_thin_object(
    image: np.ndarray, labels: np.ndarray, source: Photograph, rng: np.random.Generator
) -> Composite | None:
    """Draws branching curves a few pixels wide: as dark or bright as cracks, wires and stems are, or textured."""
    new_id = _free_id(labels)
    if new_id is None:
        return None
    height, width = image.shape[:2]
    # Drawn at twice the size, so that the edges are soft and the width is not a whole number.
    strokes = np.zeros((height * 2, width * 2), np.uint8)
    thickness_px = float(rng.choice([1.5, 2.5, 4.0, 7.0, 11.0]) * rng.uniform(0.8, 1.3))
    length = rng.uniform(0.3, 1.2) * max(height, width)
    start = np.array([rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height])
    heading = rng.uniform(0, 2 * np.pi)
    _draw_branch(strokes, start, heading, length, thickness_px, rng, depth=int(rng.integers(0, 3)))
    opacity = cv2.resize(strokes.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    if np.count_nonzero(opacity >= 0.5) < 60:
        return None
    if rng.random() < 0.65:
        local = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 3.0)
        texture = local + rng.choice([-1, 1]) * rng.uniform(18, 110) + rng.normal(0, 8, image.shape)
    else:
        texture = cv2.resize(source.image, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return _laid_over(image, labels, (slice(None), slice(None)), np.clip(texture, 0, 255), opacity, new_id)


def _draw_branch(
    strokes: np.ndarray,
    start: np.ndarray,
    heading: float,
    length: float,
    thickness_px: float,
    rng: np.random.Generator,
    depth: int,
) -> None:
    """A curve whose direction and width wander, and which forks `depth` times. `strokes` is at twice the size."""
    step, point, turn = 4.0, start.copy(), 0.0
    wander = rng.uniform(0.02, 0.35)
    steps = max(4, int(length / step))
    forks = set(rng.integers(1, steps, 2).tolist()) if depth else set()
    for i in range(steps):
        turn = 0.8 * turn + rng.normal(0, wander)
        heading += turn
        after = point + step * np.array([np.cos(heading), np.sin(heading)])
        width = max(1, round(2 * thickness_px * rng.uniform(0.7, 1.3) * (1 - 0.5 * i / steps)))
        ends = [tuple(int(v) for v in np.rint(2 * end)) for end in (point, after)]
        cv2.line(strokes, *ends, 1, width)
        if i in forks:
            side = heading + rng.choice([-1, 1]) * rng.uniform(0.4, 1.2)
            _draw_branch(strokes, after, side, length * rng.uniform(0.2, 0.5), thickness_px * 0.7, rng, depth - 1)
        point = after


def _laid_over(
    image: np.ndarray,
    labels: np.ndarray,
    place: tuple[slice, slice],
    over: np.ndarray,
    opacity: np.ndarray,
    new_id: int,
) -> Composite:
    image, labels = image.copy(), labels.copy()
    alpha = opacity[..., None]
    image[place] = (image[place] * (1 - alpha) + over * alpha).astype(np.uint8)
    labels[place][opacity >= 0.5] = new_id
    return image, labels, new_id

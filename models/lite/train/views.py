"""What the model sees of a photograph: the whole, a part, or a crop around one object as the zoom pass makes it."""

from dataclasses import dataclass

import cv2
import numpy as np

from photographs import VOID

# The colour of the frame where there is no image, as in pack.json.
PAD_VALUE = 127
ZOOM_SHARE = 0.66


@dataclass(frozen=True)
class View:
    """`image` [H,W,3] uint8 and `labels` [H,W] uint8 as they lie in the frame, longest side the frame's size."""

    image: np.ndarray
    labels: np.ndarray

    def framed(self, size: int) -> np.ndarray:
        """The image padded right and below to `[size, size, 3]`."""
        frame = np.full((size, size, 3), PAD_VALUE, np.uint8)
        frame[: self.image.shape[0], : self.image.shape[1]] = self.image
        return frame


def take_view(image: np.ndarray, labels: np.ndarray, focus: np.ndarray, size: int, rng: np.random.Generator) -> View:
    """A view on the object `focus` [H,W] 0/1, mirrored in half of the draws, turned by a quarter in a few."""
    height, width = focus.shape
    box = cv2.boundingRect(focus)
    draw = rng.random()
    if draw < ZOOM_SHARE:
        window = _zoom_window(box, width, height, rng)
    elif draw < ZOOM_SHARE + 0.18:
        window = 0, 0, width, height
    else:
        window = _part_window(box, width, height, rng)
    x0, y0, x1, y1 = window
    image, labels = image[y0:y1, x0:x1], labels[y0:y1, x0:x1]
    scale = size / max(image.shape[:2])
    target = max(1, int(image.shape[1] * scale + 0.5)), max(1, int(image.shape[0] * scale + 0.5))
    image = cv2.resize(image, target, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    labels = (
        _resized_labels(labels, target) if scale > 1.3 else cv2.resize(labels, target, interpolation=cv2.INTER_NEAREST)
    )
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    if rng.random() < 0.15:
        image, labels = np.rot90(image), np.rot90(labels)
    return View(np.ascontiguousarray(image), np.ascontiguousarray(labels))


def _zoom_window(
    box: tuple[int, int, int, int], width: int, height: int, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """The object's box and 0.05 to 0.6 of its longest side around it, each side by itself, cut to the image."""
    x, y, box_width, box_height = box
    side = max(box_width, box_height, 24)
    context = rng.uniform(0.1, 0.6) if rng.random() < 0.5 else 0.3
    margins = side * np.clip(context + rng.normal(0, 0.08, 4), 0.05, None)
    return (
        max(0, int(x - margins[0])),
        max(0, int(y - margins[1])),
        min(width, int(np.ceil(x + box_width + margins[2]))),
        min(height, int(np.ceil(y + box_height + margins[3]))),
    )


def _part_window(
    box: tuple[int, int, int, int], width: int, height: int, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """A random part that holds a random point of the object's box; it may cut the object."""
    share = rng.uniform(0.45, 0.95)
    part_width, part_height = max(16, int(width * share)), max(16, int(height * share))
    point_x, point_y = box[0] + rng.uniform(0.2, 0.8) * box[2], box[1] + rng.uniform(0.2, 0.8) * box[3]
    left = int(np.clip(point_x - rng.uniform(0.2, 0.8) * part_width, 0, max(0, width - part_width)))
    top = int(np.clip(point_y - rng.uniform(0.2, 0.8) * part_height, 0, max(0, height - part_height)))
    return left, top, min(width, left + part_width), min(height, top + part_height)


def _resized_labels(labels: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    """Enlarges labels with smooth outlines rather than stairs: each pixel gets the label whose share is largest."""
    best = np.zeros(target[::-1], np.float32)
    result = np.zeros(target[::-1], np.uint8)
    areas = np.bincount(labels.ravel(), minlength=VOID + 1)
    # Of many labels only the largest get smooth outlines, which is where it shows.
    if np.count_nonzero(areas) > 12:
        return cv2.resize(labels, target, interpolation=cv2.INTER_NEAREST)
    for label in np.flatnonzero(areas):
        share = cv2.resize((labels == label).astype(np.float32), target, interpolation=cv2.INTER_LINEAR)
        wins = share > best
        result[wins], best[wins] = label, share[wins]
    return result

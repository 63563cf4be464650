"""The prompts of a mask, by the rules of src/refiner (preset `paper`): points, box and Gaussian mask.

Held against the TypeScript by test_prompts.py. Points are pixel indices (x, y) of the image.
"""

from dataclasses import dataclass

import cv2
import numpy as np

# The share of the box and the most pixels that a side of the elastic box moves.
STEP_SHARE, MAX_STEP_PX = 0.1, 10


@dataclass(frozen=True)
class Frame:
    """Where an image lies in the model's square frame, as `frameOf` in src/refiner/frame.ts."""

    width: int
    height: int
    input_size: int
    mask_size: int

    @property
    def resized(self) -> tuple[int, int]:
        """Width and height in the frame."""
        scale = self.input_size / max(self.width, self.height)
        return max(1, int(self.width * scale + 0.5)), max(1, int(self.height * scale + 0.5))

    def to_frame(self, points: np.ndarray) -> np.ndarray:
        """`[..., 2]` pixel indices of the image to coordinates of the frame, which the decoder moves by 0.5."""
        resized_width, resized_height = self.resized
        scale = np.array([resized_width / self.width, resized_height / self.height], np.float32)
        return points.astype(np.float32) * scale


def tight_box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of a mask that is not empty, all inclusive."""
    columns = np.flatnonzero(mask.any(0))
    rows = np.flatnonzero(mask.any(1))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def positive_point(mask: np.ndarray) -> tuple[int, int]:
    """The foreground pixel farthest from the background, the first of equals in row-major order. `mask` [H,W] 0/1."""
    x0, y0, x1, y1 = tight_box(mask)
    # One pixel around the box is enough, where the image goes on; its border is not background.
    left, top = max(0, x0 - 1), max(0, y0 - 1)
    ringed = mask[top : y1 + 2, left : x1 + 2]
    if ringed.all():
        return x0, y0
    x, y = _first_farthest(_distance_to_zero(ringed))
    return x + left, y + top


def negative_point(mask: np.ndarray) -> tuple[int, int] | None:
    """The background pixel of the tight box farthest from the foreground; None when the box is full."""
    x0, y0, x1, y1 = tight_box(mask)
    boxed = mask[y0 : y1 + 1, x0 : x1 + 1]
    if boxed.all():
        return None
    x, y = _first_farthest(_distance_to_zero(1 - boxed))
    return x + x0, y + y0


def mask_prompt(
    mask: np.ndarray, positive: tuple[int, int], frame: Frame, amplitude: float, spread: float = 4.0
) -> np.ndarray:
    """Logits [mask_size, mask_size]: `amplitude` falling off from the positive point on the foreground, minus
    `amplitude` elsewhere."""
    x0, y0, x1, y1 = tight_box(mask)
    boxed = mask[y0 : y1 + 1, x0 : x1 + 1]
    squared_x = (np.arange(x0, x1 + 1, dtype=np.float32) - positive[0]) ** 2
    squared_y = (np.arange(y0, y1 + 1, dtype=np.float32) - positive[1]) ** 2
    area = float(np.count_nonzero(boxed))
    falloff = np.outer(np.exp(-squared_y / (area * spread)), np.exp(-squared_x / (area * spread)))
    weights = np.zeros(mask.shape, np.float32)
    weights[y0 : y1 + 1, x0 : x1 + 1] = falloff * boxed
    foreground = _to_cells(mask.astype(np.float32) * 2 - 1, frame, -1.0) > 0
    cells = _to_cells(weights, frame, 0.0)
    cells[cells <= 0] = 1.0
    return np.where(foreground, amplitude * cells, -amplitude).astype(np.float32)


def grown_box(
    box: tuple[int, int, int, int], frame: Frame, moves: tuple[bool, bool, bool, bool]
) -> tuple[int, int, int, int]:
    """The elastic box's one step on the sides (left, top, right, bottom) that move and stay inside the image."""
    x0, y0, x1, y1 = box
    if x0 == x1 or y0 == y1:
        return box
    step_x, step_y = min((x1 - x0) * STEP_SHARE, MAX_STEP_PX), min((y1 - y0) * STEP_SHARE, MAX_STEP_PX)
    left, top, right, bottom = int(x0 - step_x), int(y0 - step_y), int(x1 + step_x), int(y1 + step_y)
    return (
        left if moves[0] and left > 0 else x0,
        top if moves[1] and top > 0 else y0,
        right if moves[2] and right < frame.width else x1,
        bottom if moves[3] and bottom < frame.height else y1,
    )


def _distance_to_zero(mask: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform(np.ascontiguousarray(mask, np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _first_farthest(distances: np.ndarray) -> tuple[int, int]:
    # Squared distances are whole numbers; rounding takes away what the square root left, so that ties are ties.
    y, x = np.unravel_index(np.rint(distances.astype(np.float64) ** 2).argmax(), distances.shape)
    return int(x), int(y)


def _to_cells(picture: np.ndarray, frame: Frame, padding: float) -> np.ndarray:
    """A picture of the image, resized to the frame, padded and resized to the prompt's cells, each bilinearly."""
    width, height = frame.resized
    padded = np.full((frame.input_size, frame.input_size), padding, np.float32)
    padded[:height, :width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.resize(padded, (frame.mask_size, frame.mask_size), interpolation=cv2.INTER_LINEAR)

"""Defects that follow the picture: superpixels wrongly taken in or given up."""

import cv2
import numpy as np


def superpixels(image: np.ndarray, cell_px: float, rng: np.random.Generator) -> np.ndarray:
    """Watershed cells `[H,W]` int32 from 0, of about `cell_px`: a jittered grid grown to the edges of `image`."""
    height, width = image.shape[:2]
    rows, columns = max(2, round(height / cell_px)), max(2, round(width / cell_px))
    y = (np.arange(rows)[:, None] + rng.uniform(0.1, 0.9, (rows, columns))) * height / rows
    x = (np.arange(columns)[None] + rng.uniform(0.1, 0.9, (rows, columns))) * width / columns
    markers = np.zeros((height, width), np.int32)
    markers[y.astype(int), x.astype(int)] = np.arange(1, rows * columns + 1).reshape(rows, columns)
    cells = cv2.watershed(np.ascontiguousarray(image), markers)
    # Watershed marks the borders between cells with -1; they go to the cell below or right of them.
    cells = cv2.dilate(cells.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
    return np.maximum(cells - 1, 0)


def flip_superpixels(
    mask: np.ndarray, truth: np.ndarray, cells: np.ndarray, target_iou: float, rng: np.random.Generator
) -> np.ndarray:
    """Takes cells in or gives them up, one by one, until the IoU with `truth` is down to `target_iou`.

    Cells that cross the outline are flipped most, then cells next to the mask, cells inside it and cells elsewhere. An
    edit that would overshoot by more than 0.05 is left out.
    """
    count = int(cells.max()) + 1
    size, in_mask, in_truth, in_both, near = (
        np.bincount(cells.ravel(), weights=w.ravel(), minlength=count)
        for w in (np.ones_like(mask), mask, truth, mask & truth, cv2.dilate(mask, np.ones((3, 3), np.uint8)))
    )
    share = in_mask / np.maximum(size, 1)
    crossing = (share > 0.02) & (share < 0.98)
    weight = np.where(crossing, 3.0, np.where(share >= 0.98, 0.8, np.where(near > 0, 1.0, 0.15)))
    intersection, mask_area, truth_area = in_both.sum(), in_mask.sum(), in_truth.sum()
    taken, given_up = np.zeros(count, bool), np.zeros(count, bool)
    order = np.argsort(-np.log(rng.random(count)) / weight)
    for cell in order[size[order] > 0][:200]:
        takes = share[cell] < 0.98 and (share[cell] <= 0.02 or rng.random() < 0.5)
        new_both = in_truth[cell] if takes else 0.0
        new_area = size[cell] if takes else 0.0
        i = intersection + new_both - in_both[cell]
        m = mask_area + new_area - in_mask[cell]
        iou = i / max(truth_area + m - i, 1)
        if iou < target_iou - 0.05 or m < 12:
            continue
        intersection, mask_area = i, m
        (taken if takes else given_up)[cell] = True
        if iou <= target_iou:
            break
    return np.where(taken[cells], 1, np.where(given_up[cells], 0, mask)).astype(np.uint8)

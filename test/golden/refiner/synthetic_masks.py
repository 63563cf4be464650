"""Masks that look for trouble: the smallest, the thinnest, ties, holes, borders, many components."""

import numpy as np

_rng = np.random.default_rng(585)


def synthetic_masks():
    """name -> binary mask uint8 [H, W]; the same on every call of the program."""
    masks = {}

    def blank(height, width):
        return np.zeros((height, width), np.uint8)

    def add(name, mask):
        masks[name] = mask

    add('empty', blank(40, 60))
    mask = blank(40, 60)
    mask[17, 23] = 1
    add('one pixel', mask)
    mask = blank(40, 60)
    mask[0, 0] = 1
    add('one pixel in the corner', mask)
    mask = blank(48, 64)
    mask[20, 5:50] = 1
    add('one-pixel-high line', mask)
    add('one-pixel-wide line', mask.T.copy())
    mask = blank(90, 70)
    for i in range(60):
        mask[10 + i, 5 + i] = 1
    add('thin diagonal', mask)
    mask = blank(120, 160)
    x = 20
    for y in range(5, 115):
        x += int(_rng.integers(-1, 3))
        mask[y, max(0, x) : x + 2] = 1
    add('crack', mask)

    mask = blank(100, 120)
    mask[20:80, 30:100] = 1
    mask[40:52, 50:70] = 0
    mask[60:63, 80:83] = 0
    add('holed', mask)
    y, x = np.mgrid[:140, :100]
    radius = np.hypot(y - 70, x - 50)
    add('ring', ((radius < 45) & (radius > 30)).astype(np.uint8))
    add('disk', (radius < 33.3).astype(np.uint8))

    for name, rows, columns in [
        ('left', slice(20, 60), slice(0, 30)),
        ('right', slice(20, 60), slice(70, 100)),
        ('top', slice(0, 25), slice(30, 75)),
        ('bottom', slice(50, 80), slice(30, 75)),
    ]:
        mask = blank(80, 100)
        mask[rows, columns] = 1
        add(f'touches the {name} border', mask)
    mask = blank(80, 100)
    mask[:, 40:60] = 1
    mask[30:50, :] = 1
    add('cross over the whole image', mask)
    add('full image', np.ones((30, 50), np.uint8))
    mask = np.ones((30, 50), np.uint8)
    mask[29, 49] = 0
    add('full but for the last pixel', mask)
    mask = np.ones((30, 50), np.uint8)
    mask[11, 17] = 0
    add('full but for one inner pixel', mask)
    mask = blank(30, 50)
    mask[5:20, 5:40] = 1
    mask[19, 39] = 0
    add('background in the last row and column of the box alone', mask)

    add('noise, sparse', (_rng.random((90, 110)) < 0.15).astype(np.uint8))
    add('noise, dense', (_rng.random((110, 90)) < 0.6).astype(np.uint8))
    y, x = np.mgrid[:41, :33]
    add('checkerboard', ((y + x) % 2).astype(np.uint8))
    add('dots two apart', ((y % 2 == 0) & (x % 2 == 0)).astype(np.uint8))

    mask = blank(60, 100)
    mask[20:35, 10:25] = 1
    mask[20:35, 60:75] = 1
    add('two equal maxima side by side', mask)
    mask = blank(100, 60)
    mask[10:24, 20:34] = 1
    mask[60:74, 8:22] = 1
    add('two equal maxima, the upper one to the right', mask)
    add('tiny, 7 by 3', np.array([[0, 1, 1, 0, 0, 1, 0], [1, 1, 1, 1, 0, 0, 0], [0, 1, 0, 0, 0, 1, 1]], np.uint8))
    add('tiny, 2 by 5', np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.uint8))
    add('one pixel image', np.ones((1, 1), np.uint8))
    add('image one pixel high', np.array([[0, 0, 1, 1, 1, 0, 1, 0, 0, 0]], np.uint8))
    mask = blank(33, 500)
    mask[8:22, 40:460] = 1
    add('long image', mask)
    mask = blank(1333, 777)
    mask[300:900, 200:650] = 1
    mask[500:560, 300:420] = 0
    add('image larger than the frame', mask)
    for i in range(4):
        add(f'blobs {i}', _blobs(60 + 37 * i, 150 - 23 * i))
    return masks


def scattered_masks():
    """Masks of many rectangles and specks at many spacings: what the merging of regions decides about."""
    masks = {}
    for i in range(24):
        height, width = (int(v) for v in _rng.integers(20, 140, 2))
        mask = np.zeros((height, width), np.uint8)
        largest = int(_rng.integers(3, 30))
        for _ in range(int(_rng.integers(3, 60))):
            y, x = int(_rng.integers(0, height)), int(_rng.integers(0, width))
            h, w = (int(v) for v in _rng.integers(1, largest, 2))
            mask[y : y + h, x : x + w] = int(_rng.random() < 0.75)
        masks[f'rectangles {i}'] = mask
    for spacing in (2, 3, 4, 6, 9):
        y, x = np.mgrid[: 13 * spacing, : 11 * spacing]
        size = max(1, spacing * 2 // 3)
        masks[f'grid of squares {size} px wide, {spacing} px apart'] = (
            (y % spacing < size) & (x % spacing < size)
        ).astype(np.uint8)
    mask = np.zeros((60, 7), np.uint8)
    mask[2:10, 3] = 1
    mask[20:30, 3] = 1
    mask[45:52, 3] = 1
    masks['lines in one column, whose common box has no area'] = mask
    mask = np.zeros((20, 20), np.uint8)
    mask[3, 3] = mask[10, 10] = mask[15, 4] = 1
    masks['specks alone'] = mask
    mask = np.zeros((30, 40), np.uint8)
    mask[1:9, 0:8] = 1
    mask[0:8, 12:30] = 1
    masks['first pixel and first 2 by 2 block disagree'] = mask
    return masks


def _blobs(height, width):
    y, x = np.mgrid[:height, :width]
    mask = np.zeros((height, width), bool)
    for _ in range(6):
        cy, cx = _rng.integers(0, height), _rng.integers(0, width)
        ry, rx = _rng.integers(4, height // 3), _rng.integers(4, width // 3)
        mask |= ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1
    return mask.astype(np.uint8)

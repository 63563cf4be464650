"""Photographs with label maps in the layout of the data folder: `<set>/<id>.jpg`, `<set>/<id>.png`, `index.json`."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

VOID = 255
# One image in so many is held out for validation.
HELD_OUT_SHARE = 25
# Sets of everyday photographs are drawn more often than their size says, as there are few of them.
DIVERSITY = {'coco': 2.5, 'dali-objects': 2.0}
# Sets whose labels are parts: together they are an object too.
UNION_IS_AN_OBJECT = frozenset({'ccp', 'wbc'})


@dataclass(frozen=True)
class Entry:
    """Where a photograph and its labels lie."""

    set_name: str
    image_path: Path
    label_path: Path


@dataclass(frozen=True)
class Photograph:
    """`image` [H,W,3] uint8 RGB; `labels` [H,W] uint8, 0 background, 255 void; `objects` sets of ids."""

    image: np.ndarray
    labels: np.ndarray
    objects: tuple[tuple[int, ...], ...]


def list_entries(folders: list[Path], *, held_out: bool) -> list[Entry]:
    """The images of every set in `folders`, sorted; which ones are held out depends on their names alone."""
    entries = []
    for folder in folders:
        for index_path in sorted(folder.glob('*/index.json')):
            directory = index_path.parent
            for item in json.loads(index_path.read_text())['items']:
                key = f'{directory.name}/{item["id"]}'.encode()
                is_held_out = int(hashlib.sha256(key).hexdigest(), 16) % HELD_OUT_SHARE == 0
                if is_held_out == held_out:
                    image_path = directory / f'{item["id"]}.jpg'
                    entries.append(Entry(directory.name, image_path, image_path.with_suffix('.png')))
    return entries


def draw_weights(entries: list[Entry]) -> np.ndarray:
    """Cumulative shares with which to draw the entries: a set weighs the square root of its images."""
    names, counts = np.unique([entry.set_name for entry in entries], return_counts=True)
    of_set = {name: DIVERSITY.get(name, 1.0) / np.sqrt(count) for name, count in zip(names, counts, strict=True)}
    weights = np.cumsum([of_set[entry.set_name] for entry in entries])
    return weights / weights[-1]


def read_photograph(entry: Entry, min_area_px: int = 150) -> Photograph:
    """Objects are ids of at least `min_area_px`."""
    image = cv2.imread(str(entry.image_path), cv2.IMREAD_COLOR)
    if image is None:
        raise FileNotFoundError(f'Expected a JPEG at {entry.image_path}')
    labels = np.array(Image.open(entry.label_path))
    areas = np.bincount(labels.ravel(), minlength=256)
    ids = [i for i in range(1, VOID) if areas[i] >= min_area_px]
    objects = [(i,) for i in ids]
    if entry.set_name in UNION_IS_AN_OBJECT and len(ids) > 1:
        # As often as the parts, up to four times.
        objects += [tuple(ids)] * min(4, len(ids))
    return Photograph(np.ascontiguousarray(image[:, :, ::-1]), labels, tuple(objects))

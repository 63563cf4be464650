"""Writes the held-out images of the training sets with rough masks, in the layout that `samrefiner eval` reads.

    python held_out_set.py --data data --out held-out

For choosing thresholds without a look at the images that the model is measured on.
"""

import argparse
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from photographs import VOID, Entry, list_entries, read_photograph
from rough_masks import rough_mask

SEED = 585
MIN_AREA_PX = 300
MOST_OBJECTS = 4


def write_item(entry: Entry, number: int, folder: Path) -> dict:
    """Copies an image and its labels, makes rough masks of up to four objects, returns the item of index.json."""
    rng = np.random.default_rng([SEED, number])
    photograph = read_photograph(entry, MIN_AREA_PX)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (entry.image_path, entry.label_path):
        shutil.copyfile(path, folder / path.name)
    ids = [ids[0] for ids in photograph.objects if len(ids) == 1]
    coarse = []
    for object_id in rng.permutation(ids)[:MOST_OBJECTS].tolist():
        truth = (photograph.labels == object_id).astype(np.uint8)
        others = (photograph.labels > 0) & (photograph.labels != VOID) & (truth == 0)
        rough = rough_mask(truth, others.astype(np.uint8), photograph.image, rng)
        file = f'{entry.image_path.stem}.coarse.{object_id}.png'
        Image.fromarray(rough * 255).convert('1').save(folder / file)
        coarse.append({'object': object_id, 'file': file})
    return {'id': entry.image_path.stem, 'coarse': coarse}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=Path, required=True, help='the folder that holds train/')
    parser.add_argument('--out', type=Path, required=True)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    entries = list_entries([given.data / 'train'], held_out=True)
    for name in sorted({entry.set_name for entry in entries}):
        folder = given.out / name
        items = [write_item(entry, i, folder) for i, entry in enumerate(entries) if entry.set_name == name]
        (folder / 'index.json').write_text(json.dumps({'set': name, 'items': items}))
        print(f'{name}: {len(items)} images, {sum(len(item["coarse"]) for item in items)} masks')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""Refines masks with the official SAMRefiner program and a random SAM ViT-B, for bench/pipeline-parity.ts to compare.

    python3 make_reference.py --samrefiner CHECKOUT --data FOLDER --out DIRECTORY     masks, predictions, weights (370 MB)
    python3 make_reference.py --samrefiner CHECKOUT --out DIRECTORY --time 5          CPU seconds of one call, 5 rounds

CHECKOUT is a clone of github.com/linyq2117/SAMRefiner. Needs numpy, torch, opencv-python, pillow, scipy, matplotlib, tqdm
and FastGeodis; of torchvision only the two functions that SAM resizes with, for which Pillow stands in where it is missing.
FOLDER holds evaluation sets as ../refiner/make_vectors.py describes them, with photographs.

DIRECTORY/reference.json says what lies in the other files: the photographs as they are and as OpenCV decodes them, the
rough masks, and for each variant the official masks and predicted IoUs.
"""

import argparse
import json
import shutil
import sys
import time
import types
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from random_sam import random_sam, tune_last_layers

# (set, image, number of its objects whose true masks are refined too); odd and even sizes, upright and lying, SAM's own.
PHOTOGRAPHS = [
    ('coco', 'coco-000000000192', 2),
    ('coco', 'coco-000000000802', 0),
    ('coco', 'coco-000000022892', 0),
    ('coco', 'coco-000000073731', 0),
    ('coco', 'coco-000000139270', 0),
    ('coco', 'coco-000000570448', 0),
    ('food-plates', 'fo-iphone_00010', 0),
    ('dali-objects', 'px-horses-2904536_1280', 0),
]
VARIANTS = [
    {'name': f'{"batch" if batch else "single"}-{rounds}{"-margin" if margin else ""}', 'rounds': rounds}
    | {'margin': margin, 'batch': batch}
    for margin in (0, 0.1)
    for batch in (False, True)
    for rounds in (1, 5)
]
TUNED_ON = 3
INPUT_SIZE = 1024
MASK_SIZE = 256


def import_official(checkout):
    """`sam_refiner` and SAM's registry, as they are."""
    sys.path[:0] = [str(checkout), str(checkout / 'segment-anything')]
    try:
        import torchvision.transforms.functional  # noqa: F401
    except (ImportError, RuntimeError):
        stand_in_for_torchvision()
    from sam_refiner import sam_refiner
    from segment_anything import sam_model_registry

    return sam_refiner, sam_model_registry


def stand_in_for_torchvision():
    """`resize` and `to_pil_image` do for 8-bit images exactly this; the other two are imported and not called."""
    for name in ['torchvision', 'torchvision.transforms', 'torchvision.ops']:
        sys.modules[name] = types.ModuleType(name)
    functional = types.ModuleType('torchvision.transforms.functional')
    functional.to_pil_image = Image.fromarray
    functional.resize = lambda image, size: image.resize(size[::-1], Image.Resampling.BILINEAR)
    sys.modules[functional.__name__] = functional
    boxes = types.ModuleType('torchvision.ops.boxes')
    boxes.batched_nms = boxes.box_area = None
    sys.modules[boxes.__name__] = boxes


class EncodeOnce(torch.nn.Module):
    """The image encoder, which remembers its images: the official program encodes anew in every call."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder, self.img_size, self.known = encoder, encoder.img_size, []

    def forward(self, image):
        for known, embedding in self.known:
            if torch.equal(known, image):
                return embedding
        self.known.append((image, self.encoder(image)))
        return self.known[-1][1]


def read_photograph(data, folder, name, true_masks):
    """The photograph's path, its coarse masks, and the true mask of each."""
    items = json.loads((data / folder / 'index.json').read_text())['items']
    item = next(item for item in items if item['id'] == name)
    labels = np.asarray(Image.open(data / folder / f'{name}.png'))
    coarse = [np.asarray(Image.open(data / folder / entry['file']).convert('L')) > 0 for entry in item['coarse']]
    objects = [labels == entry['object'] for entry in item['coarse']]
    masks = [mask.astype(np.uint8) for mask in coarse + objects[:true_masks]]
    return data / folder / f'{name}.jpg', masks, objects + objects[:true_masks]


def on_mask_grid(mask):
    """A mask where SAM's low-resolution masks have it; NaN on the padding."""
    height, width = (int(side * INPUT_SIZE / max(mask.shape) + 0.5) for side in mask.shape)
    grid = np.full((MASK_SIZE, MASK_SIZE), np.nan, np.float32)
    resized = cv2.resize(mask.astype(np.float32), (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    grid[: height // 4, : width // 4] = resized
    return grid


def write_mask(path, mask):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask.astype(np.uint8) * 255).save(path)


def run_variant(refine, variant, path, masks, sam):
    """Refined masks, and the predicted IoUs of the three candidates of the last round."""
    calls = [masks] if variant['batch'] else [[mask] for mask in masks]
    answers = [refine(str(path), call, sam, iters=variant['rounds'], margin=variant['margin']) for call in calls]
    return np.concatenate([answer[0] for answer in answers]), torch.cat([answer[1] for answer in answers])


def make(arguments, refine, registry):
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    photographs = [(name, *read_photograph(arguments.data, folder, name, more)) for folder, name, more in PHOTOGRAPHS]
    sam = load_or_make_sam(out / 'vit-b.pth', registry, refine, photographs[:TUNED_ON])
    entries = [write_photograph(out, name, path, masks) for name, path, masks, _ in photographs]
    for variant in VARIANTS:
        for entry, (name, path, masks, _) in zip(entries, photographs):
            start = time.time()
            refined, ious = run_variant(refine, variant, path, masks, sam)
            for i, one in enumerate(entry['masks']):
                file = f'{variant["name"]}/{name}.{i}.png'
                write_mask(out / file, refined[i])
                one['official'][variant['name']] = {'file': file, 'ious': ious[i].tolist()}
            write_reference(out, entries)
            agreement = [(a & b).sum() / max(1, (a | b).sum()) for a, b in zip(masks, refined)]
            chosen = ious.argmax(1).tolist()
            print(name, variant['name'], f'{time.time() - start:.1f} s', np.round(agreement, 2), chosen, flush=True)


def load_or_make_sam(path, registry, refine, photographs):
    """The weights in DIRECTORY, if there are some from an earlier run, else new ones, which are written there."""
    if path.exists():
        sam = registry['vit_b'](checkpoint=path)
        sam.image_encoder = EncodeOnce(sam.image_encoder)
        return sam
    sam = random_sam(registry)
    sam.image_encoder = EncodeOnce(sam.image_encoder)
    examples = [
        (lambda path=path, masks=masks: refine(str(path), masks, sam, iters=1), [on_mask_grid(each) for each in objects])
        for _, path, masks, objects in photographs
    ]
    tune_last_layers(sam, examples)
    state = {name.replace('image_encoder.encoder.', 'image_encoder.'): value for name, value in sam.state_dict().items()}
    torch.save(state, path)
    return sam


def write_photograph(out, name, path, masks):
    shutil.copyfile(path, out / path.name)
    pixels = cv2.imread(str(path))
    cv2.imwrite(str(out / f'{name}.png'), pixels)
    entry = {'name': name, 'photograph': path.name, 'pixels': f'{name}.png'}
    entry |= {'width': pixels.shape[1], 'height': pixels.shape[0]}
    entry['masks'] = [{'rough': f'rough/{name}.{i}.png', 'official': {}} for i in range(len(masks))]
    for mask, one in zip(masks, entry['masks']):
        write_mask(out / one['rough'], mask)
    return entry


def write_reference(out, entries):
    made_with = {'torch': torch.__version__, 'opencv': cv2.__version__, 'pillow': Image.__version__}
    reference = {'madeWith': made_with, 'checkpoint': 'vit-b.pth', 'variants': VARIANTS, 'photographs': entries}
    (out / 'reference.json').write_text(json.dumps(reference, indent=1) + '\n')


def measure(arguments, refine, registry):
    """CPU seconds of one thread for one whole call with all masks of the first photograph, the encoder included."""
    torch.set_num_threads(1)
    reference = json.loads((arguments.out / 'reference.json').read_text())
    sam = registry['vit_b'](checkpoint=arguments.out / reference['checkpoint'])
    photograph = reference['photographs'][0]
    masks = [np.asarray(Image.open(arguments.out / one['rough'])) // 255 for one in photograph['masks']]
    start = time.process_time()
    refine(str(arguments.out / photograph['photograph']), masks, sam, iters=arguments.time)
    seconds = time.process_time() - start
    print(f'official, {len(masks)} masks, {arguments.time} rounds: {seconds:.2f} CPU s')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--samrefiner', type=Path, required=True)
    parser.add_argument('--data', type=Path)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--time', type=int)
    arguments = parser.parse_args()
    refine, registry = import_official(arguments.samrefiner.resolve())
    (measure if arguments.time else make)(arguments, refine, registry)


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""GrabCut and a dense CRF on the masks that `samrefiner eval` measures, beside what it gave.

    samrefiner eval --data FOLDER --masks-out ours.jsonl
    python3 classic_baselines.py --data FOLDER --ours ours.jsonl

Both start from the same coarse masks. GrabCut (OpenCV): what a disk of a share of the object's width leaves of the mask
is foreground for sure, what lies outside of the mask grown by it is background for sure, five iterations. Dense CRF
(pydensecrf): the mask with a confidence, a Gaussian and a bilateral term, ten iterations. `--tune` tries
other parameters, on the folder that held_out_set.py writes. Measures are those of `samrefiner
eval`: IoU, boundary IoU at 2 % of the diagonal, void pixels left out. Needs numpy, Pillow, OpenCV and pydensecrf. Only
masks that ours.jsonl holds are measured, and of a set at most `--masks`, evenly spread.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from itertools import product
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np
import pydensecrf.densecrf as densecrf
from PIL import Image
from pydensecrf.utils import unary_from_labels

VOID = 255
BOUNDARY_RATIO = 0.02

# A common choice, and the CRF authors' example for photographs; put here what `--tune` finds best.
GRAB_CUT = {'share': 0.1}
DENSE_CRF = {'confidence': 0.8, 'reach': 80, 'colours': 13, 'strength': 10}
GRAB_CUT_GRID = {'share': (0.05, 0.1, 0.2)}
DENSE_CRF_GRID = {'confidence': (0.7, 0.9), 'reach': (20, 80), 'colours': (5, 13), 'strength': (3, 10)}


def grab_cut(photograph, coarse, share):
    """uint8 [H, W] of 0 and 1 from uint8 RGB [H, W, 3] and a coarse mask like it."""
    ys, xs = np.nonzero(coarse)
    radius = max(2, round(share * min(np.ptp(ys) + 1, np.ptp(xs) + 1)))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    states = np.where(coarse > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    states[cv2.erode(coarse, disk, borderValue=0) > 0] = cv2.GC_FGD
    states[cv2.dilate(coarse, disk) == 0] = cv2.GC_BGD
    if not np.isin(states, (cv2.GC_BGD, cv2.GC_PR_BGD)).any():
        return coarse
    cv2.setRNGSeed(0)
    models = np.zeros((2, 1, 65))
    cv2.grabCut(photograph[:, :, ::-1].copy(), states, None, models[0], models[1], 5, cv2.GC_INIT_WITH_MASK)
    return np.isin(states, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def dense_crf(photograph, coarse, confidence, reach, colours, strength):
    """As `grab_cut`; `reach` in pixels and `colours` in levels are the widths of the bilateral term."""
    height, width = coarse.shape
    field = densecrf.DenseCRF2D(width, height, 2)
    field.setUnaryEnergy(unary_from_labels(coarse, 2, confidence, zero_unsure=False))
    field.addPairwiseGaussian(sxy=3, compat=3)
    field.addPairwiseBilateral(sxy=reach, srgb=colours, rgbim=np.ascontiguousarray(photograph), compat=strength)
    return np.argmax(field.inference(10), axis=0).reshape(height, width).astype(np.uint8)


METHODS: dict[str, Callable] = {'GrabCut': partial(grab_cut, **GRAB_CUT), 'dense CRF': partial(dense_crf, **DENSE_CRF)}


def candidates() -> dict[str, Callable]:
    """Every method of the grids, by its parameters."""
    found = {}
    for method, grid in ((grab_cut, GRAB_CUT_GRID), (dense_crf, DENSE_CRF_GRID)):
        for values in product(*grid.values()):
            parameters = dict(zip(grid, values, strict=True))
            found[f'{method.__name__} {parameters}'] = partial(method, **parameters)
    return found


def iou(a, b, counted):
    union = ((a | b) & counted).sum()
    return 1.0 if union == 0 else float(((a & b) & counted).sum() / union)


def boundary(mask):
    """The pixels of a mask that lie within 2 % of the diagonal of its outline; the image's border is outline too."""
    radius = max(1, round(BOUNDARY_RATIO * float(np.hypot(*mask.shape))))
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return mask - cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=radius)[1:-1, 1:-1]


def first_channel(path):
    pixels = np.array(Image.open(path))
    return pixels[..., 0] if pixels.ndim == 3 else pixels


def entries_of(folder):
    """(folder, image, coarse entry) of every coarse mask of a set."""
    items = json.loads((folder / 'index.json').read_text())['items']
    return [(folder, item['id'], coarse) for item in items for coarse in item.get('coarse', [])]


def measure(entry, methods):
    """{method: (IoU, boundary IoU)}; the coarse mask is a method of its own."""
    folder, image, coarse_entry = entry
    photograph = np.array(Image.open(folder / f'{image}.jpg').convert('RGB'))
    labels = first_channel(folder / f'{image}.png')
    truth = (labels == coarse_entry['object']).astype(np.uint8)
    coarse = (first_channel(folder / coarse_entry['file']) > 0).astype(np.uint8)
    counted = (labels != VOID).astype(np.uint8)
    masks = {'coarse': coarse} | {name: method(photograph, coarse) for name, method in methods.items()}
    edge = boundary(truth)
    return {name: (iou(mask, truth, counted), iou(boundary(mask), edge, counted)) for name, mask in masks.items()}


def spread(entries, most):
    """At most so many of the entries, at even distances."""
    return [entries[i * len(entries) // most] for i in range(most)] if len(entries) > most else entries


def means_of_sets(folders, methods, wanted, most, jobs):
    """Yields (folder, entries, {method: mean (IoU, boundary IoU)}) of each set that has masks that are `wanted`."""
    with Pool(jobs) as pool:
        for folder in folders:
            entries = spread([entry for entry in entries_of(folder) if wanted(entry)], most)
            if entries:
                scores = pool.map(partial(measure, methods=methods), entries, chunksize=1)
                yield folder, entries, {name: np.mean([score[name] for score in scores], 0) for name in scores[0]}


def read_ours(path):
    """{(set, image, object): (IoU, boundary IoU)} from the lines of `samrefiner eval --masks-out`."""
    scores = {}
    for line in path.read_text().splitlines():
        score = json.loads(line)
        key = score['set'], score['image'], score['object']
        scores[key] = score['refinedIou'], score['refinedBoundaryIou']
    return scores


def key_of(entry):
    folder, image, coarse = entry
    return folder.name, image, coarse['object']


def tune(folders, most, jobs):
    means = defaultdict(list)
    for _folder, _entries, of_set in means_of_sets(folders, candidates(), lambda _entry: True, most, jobs):
        for name, mean in of_set.items():
            means[name].append(mean)
    for name, of_sets in sorted(means.items(), key=lambda item: -np.mean(item[1], 0)[0]):
        print('{:.3f} / {:.3f}'.format(*np.mean(of_sets, 0)), name)


def compare(folders, ours, most, jobs):
    names = ['coarse', *METHODS, 'SAMRefiner']
    print(f'| set | masks | {" | ".join(names)} |\n|---|---:|{"---|" * len(names)}')
    means = defaultdict(list)
    in_ours = means_of_sets(folders, METHODS, lambda entry: key_of(entry) in ours, most, jobs)
    for folder, entries, of_set in in_ours:
        of_set['SAMRefiner'] = np.mean([ours[key_of(entry)] for entry in entries], 0)
        for name in names:
            means[name].append(of_set[name])
        cells = ' | '.join('{:.3f} / {:.3f}'.format(*of_set[name]) for name in names)
        print(f'| {folder.name} | {len(entries)} | {cells} |', flush=True)
    cells = ' | '.join('{:.3f} / {:.3f}'.format(*np.mean(means[name], axis=0)) for name in names)
    print(f'| mean of sets | | {cells} |')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--ours', type=Path, help='compare with these')
    what.add_argument('--tune', action='store_true', help='try the parameters of the grids')
    parser.add_argument('--masks', type=int, default=10_000, help='most masks of a set')
    parser.add_argument('--jobs', type=int, default=2)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    folders = sorted(path.parent for path in arguments.data.glob('*/index.json'))
    if arguments.tune:
        tune(folders, arguments.masks, arguments.jobs)
    else:
        compare(folders, read_ours(arguments.ours), arguments.masks, arguments.jobs)


if __name__ == '__main__':
    main()

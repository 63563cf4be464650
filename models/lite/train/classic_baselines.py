#!/usr/bin/env python3
"""GrabCut and a dense CRF on the masks that `samrefiner eval` measures, beside what it gave.

    samrefiner eval --data FOLDER --masks-out ours.jsonl
    python3 classic_baselines.py --data FOLDER --ours ours.jsonl

Both start from the same coarse masks. GrabCut (OpenCV): what a disk of a tenth of the object's width leaves of the mask
is foreground for sure, what lies outside of the mask grown by it is background for sure, five iterations. Dense CRF
(pydensecrf): the mask with a confidence of 0.8, the pairwise terms and ten iterations of its authors' example for
photographs. Measures are those of `samrefiner eval`: IoU, boundary IoU at 2 % of the diagonal, void pixels left out.
Needs numpy, Pillow, OpenCV and pydensecrf. Only masks that ours.jsonl holds are measured: `eval --images 6` makes it
quick.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pydensecrf.densecrf as densecrf
from PIL import Image
from pydensecrf.utils import unary_from_labels

VOID = 255
BOUNDARY_RATIO = 0.02
CONFIDENCE = 0.8


def grab_cut(photograph, coarse):
    """uint8 [H, W] of 0 and 1 from uint8 RGB [H, W, 3] and a coarse mask like it."""
    ys, xs = np.nonzero(coarse)
    radius = max(2, round(0.1 * min(np.ptp(ys) + 1, np.ptp(xs) + 1)))
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


def dense_crf(photograph, coarse):
    """As `grab_cut`."""
    height, width = coarse.shape
    field = densecrf.DenseCRF2D(width, height, 2)
    field.setUnaryEnergy(unary_from_labels(coarse, 2, CONFIDENCE, zero_unsure=False))
    field.addPairwiseGaussian(sxy=3, compat=3)
    field.addPairwiseBilateral(sxy=80, srgb=13, rgbim=np.ascontiguousarray(photograph), compat=10)
    return np.argmax(field.inference(10), axis=0).reshape(height, width).astype(np.uint8)


METHODS = {'GrabCut': grab_cut, 'dense CRF': dense_crf}


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


def measure_set(folder, ours):
    """Columns {method: [(IoU, boundary IoU)]} of one set's masks in `ours`; the coarse mask is a method of its own."""
    columns = defaultdict(list)
    entries = [
        (item['id'], coarse)
        for item in json.loads((folder / 'index.json').read_text())['items']
        for coarse in item.get('coarse', [])
        if (folder.name, item['id'], coarse['object']) in ours
    ]
    for image, entry in entries:
        photograph = np.array(Image.open(folder / f'{image}.jpg').convert('RGB'))
        labels = first_channel(folder / f'{image}.png')
        truth = (labels == entry['object']).astype(np.uint8)
        coarse = (first_channel(folder / entry['file']) > 0).astype(np.uint8)
        counted = (labels != VOID).astype(np.uint8)
        masks = {'coarse': coarse} | {name: method(photograph, coarse) for name, method in METHODS.items()}
        for name, mask in masks.items():
            columns[name].append((iou(mask, truth, counted), iou(boundary(mask), boundary(truth), counted)))
        columns['SAMRefiner'].append(ours[folder.name, image, entry['object']])
    return columns


def read_ours(path):
    """{(set, image, object): (IoU, boundary IoU)} from the lines of `samrefiner eval --masks-out`."""
    scores = {}
    for line in path.read_text().splitlines():
        score = json.loads(line)
        key = score['set'], score['image'], score['object']
        scores[key] = score['refinedIou'], score['refinedBoundaryIou']
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=Path, required=True)
    parser.add_argument('--ours', type=Path, required=True)
    arguments = parser.parse_args()
    ours = read_ours(arguments.ours)
    names = ['coarse', *METHODS, 'SAMRefiner']
    print(f'| set | masks | {" | ".join(names)} |\n|---|---:|{"---|" * len(names)}')
    means = defaultdict(list)
    for folder in sorted(path.parent for path in arguments.data.glob('*/index.json')):
        columns = measure_set(folder, ours)
        if not columns:
            continue
        for name in names:
            means[name].append(np.mean(columns[name], axis=0))
        cells = ' | '.join('{:.3f} / {:.3f}'.format(*means[name][-1]) for name in names)
        print(f'| {folder.name} | {len(columns["coarse"])} | {cells} |', flush=True)
    cells = ' | '.join('{:.3f} / {:.3f}'.format(*np.mean(means[name], axis=0)) for name in names)
    print(f'| mean of sets | | {cells} |')


if __name__ == '__main__':
    main()

"""Makes vectors.json.gz: what the authors' own programs compute for a set of masks.

Needs Python with numpy, torch, opencv-python, pillow, scipy, matplotlib, tqdm and FastGeodis installed, and
checkouts of three public repositories, of which the functions are imported as they are:

    python make_vectors.py --samrefiner <github.com/linyq2117/SAMRefiner>
        --boundary-iou <github.com/bowenc0221/boundary-iou-api> --cascadepsp <github.com/hkchengrex/CascadePSP>
        --data <folder of evaluation sets> [--out vectors.json.gz]

An evaluation set is a folder with an index.json that names, for each image, coarse masks (PNG, non-zero is foreground)
and the object of the label map <id>.png that each is a coarse version of. Of SETS every few images are taken: their
coarse and true masks alone, never a photograph.

Every mask is given to the official functions alone, since the official mask prompt applies the last mask's box growth
to all masks of a batch; one batch is recorded to show that.
"""

import argparse
import base64
import gzip
import json
import math
import sys
import types
import zlib
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from synthetic_masks import scattered_masks, synthetic_masks

# Sets whose stated licences allow masks to be passed on; see README.md beside this file.
SETS = ['ccp', 'coco', 'coffee-leaf', 'dali-objects', 'davis-val', 'dsb2018', 'facades', 'food-plates']
PAIRS_PER_SET = 3
INPUT_SIZE = 1024
STRENGTH = 30
GAMMA = 4.0
MARGIN = 0.1
CHANNELS = 16
GRID = 64
# Stored are every 37th cell of a mask prompt, and of every 7th prompt all cells.
SAMPLE_STEP = 37
WHOLE_STEP = 7


def embedding():
    """A smooth random embedding, float32 [1, CHANNELS, GRID, GRID].

    A linear congruential generator (state · 1664525 + 1013904223 mod 2^32, from 585) gives the values at 17 × 17 knots of
    each channel, row by row: state / 2^32 · 2 − 1. Between them bilinear: a cell lies at its index / 4.
    """
    knots = GRID // 4 + 1
    state = 585
    values = np.empty((CHANNELS, knots, knots))
    for i in np.ndindex(values.shape):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = state / 2**32 * 2 - 1
    first = np.arange(GRID) // 4
    weight = (np.arange(GRID) % 4) / 4
    rows = values[:, first] * (1 - weight)[None, :, None] + values[:, first + 1] * weight[None, :, None]
    cells = rows[:, :, first] * (1 - weight) + rows[:, :, first + 1] * weight
    return torch.from_numpy(cells.astype(np.float32))[None]


def import_official(arguments):
    """The functions of the three checkouts. pycocotools, which boundary-iou-api imports for other functions, is not needed."""
    sys.path[:0] = [
        str(arguments.samrefiner),
        str(arguments.boundary_iou),
        str(arguments.cascadepsp / 'util'),
    ]
    pycocotools = types.ModuleType('pycocotools')
    pycocotools.mask = types.ModuleType('pycocotools.mask')
    sys.modules.setdefault('pycocotools', pycocotools)
    sys.modules.setdefault('pycocotools.mask', pycocotools.mask)
    import sem2ins_mask
    import utils
    from boundary_iou.utils.boundary_utils import mask_to_boundary
    from compute_boundary_acc import compute_boundary_acc

    return types.SimpleNamespace(
        utils=utils,
        merge_regions=sem2ins_mask.merge_regions,
        mask_to_boundary=mask_to_boundary,
        compute_boundary_acc=compute_boundary_acc,
    )


def resized_shape(height, width):
    """SAM's ResizeLongestSide.get_preprocess_shape: longest side to INPUT_SIZE, halves up."""
    scale = INPUT_SIZE / max(height, width)
    return int(height * scale + 0.5), int(width * scale + 0.5)


def real_pairs(data):
    """(name, coarse, truth) of images spread over each set; the rank of the object within its image varies."""
    for name in SETS:
        items = json.loads((data / name / 'index.json').read_text())['items']
        items = [item for item in items if item.get('coarse')]
        for k in range(PAIRS_PER_SET):
            item = items[(2 * k + 1) * len(items) // (2 * PAIRS_PER_SET)]
            entry = item['coarse'][k % len(item['coarse'])]
            coarse = np.asarray(Image.open(data / name / entry['file']).convert('L')) > 0
            truth = np.asarray(Image.open(data / name / f'{item["id"]}.png')) == entry['object']
            yield f'{name} {item["id"]} object {entry["object"]}', coarse.astype(np.uint8), truth.astype(np.uint8)


def real_unions(data):
    """All objects of a crowded image as one mask: the semantic masks that are split and merged."""
    for name in ['dsb2018', 'facades', 'coco', 'ccp']:
        items = json.loads((data / name / 'index.json').read_text())['items']
        for item in sorted(items, key=lambda item: -item['objects'])[:2]:
            labels = np.asarray(Image.open(data / name / f'{item["id"]}.png'))
            small = labels[: labels.shape[0] // 2 * 2 : 2, : labels.shape[1] // 2 * 2 : 2]
            yield f'{name} {item["id"]} union', ((small > 0) & (small < 255) & (small % 3 > 0)).astype(np.uint8)


def pack_bytes(data):
    return base64.b64encode(zlib.compress(data, 9)).decode()


def pack_mask(mask):
    """Row-major bits, the first in the highest bit, deflated."""
    return pack_bytes(np.packbits(mask.astype(np.uint8).reshape(-1)).tobytes())


def pack_floats(values):
    return pack_bytes(np.ascontiguousarray(values, dtype='<f4').tobytes())


def prompts_of(mask, official, features):
    """What `sam_input_prepare` hands to SAM for one mask, before coordinates are scaled."""
    tensor = torch.from_numpy(mask)[None]
    height, width = mask.shape
    target = resized_shape(height, width)
    points, labels, weights = official.utils.extract_points(tensor, add_neg=True, use_mask=True, gamma=GAMMA)
    tight = official.utils.extract_bboxes_expand(features, tensor, margin=0)[0]
    grown, _, _, expanded = official.utils.extract_bboxes_expand(features, tensor, margin=MARGIN)

    def mask_prompt(flags):
        prompt = official.utils.extract_mask(
            tensor, weights, target, is01=True, strength=STRENGTH, expand_list=flags
        )
        return prompt[0, 0].numpy()

    return types.SimpleNamespace(
        points=points[0].tolist(),
        tight=tight[0].tolist(),
        grown=grown[0].tolist(),
        expanded=bool(expanded[0]),
        prompt=mask_prompt(torch.zeros(1)),
        prompt_of_grown=mask_prompt(expanded),
    )


def prompt_vector(prompt, whole):
    """All signs, some or all values, and the sum over all cells."""
    flat = prompt.reshape(-1)
    step = 1 if whole else SAMPLE_STEP
    return {
        'positive': pack_mask(flat > 0),
        'step': step,
        'values': pack_floats(flat[::step]),
        'sum': float(flat.astype(np.float64).sum()),
    }


def guide_vector(name, mask, official, features, index):
    made = prompts_of(mask, official, features)
    vector = {
        'name': name,
        'height': mask.shape[0],
        'width': mask.shape[1],
        'mask': pack_mask(mask),
        'positive': made.points[0],
        'negative': made.points[1],
        'tightBox': made.tight,
        'grownBox': made.grown,
        'expanded': made.expanded,
        'prompt': prompt_vector(made.prompt, index % WHOLE_STEP == 0),
    }
    if made.expanded:
        vector['promptOfGrown'] = prompt_vector(made.prompt_of_grown, False)
    return vector


def batch_vector(names, masks, official, features):
    """Masks of one size in one batch, as the official program runs them."""
    tensor = torch.from_numpy(np.stack(masks))
    target = resized_shape(*masks[0].shape)
    weights = official.utils.extract_points(tensor, gamma=GAMMA)[2]
    expanded = official.utils.extract_bboxes_expand(features, tensor, margin=MARGIN)[3]
    prompts = official.utils.extract_mask(
        tensor, weights, target, is01=True, strength=STRENGTH, expand_list=expanded
    )
    return {
        'height': masks[0].shape[0],
        'width': masks[0].shape[1],
        'names': names,
        'masks': [pack_mask(mask) for mask in masks],
        'expanded': [bool(flag) for flag in expanded],
        'peaks': [float(prompt.abs().max()) for prompt in prompts],
    }


def batches(official, features):
    """Two masks of which only one grows, in both orders."""
    found = {}
    for left in range(0, 180, 6):
        mask = np.zeros((150, 200), np.uint8)
        mask[40:110, left : left + 40] = 1
        grew = bool(official.utils.extract_bboxes_expand(features, torch.from_numpy(mask)[None], margin=MARGIN)[3][0])
        found.setdefault(grew, mask)
    for names in (['grows', 'stays'], ['stays', 'grows']):
        yield batch_vector(names, [found[name == 'grows'] for name in names], official, features)


def merge_vector(name, mask, official):
    """The regions of `sem2ins_mask.process` for one class: number of the region in order from 1, 0 elsewhere."""
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(mask, connectivity=8)
    _, _, regions = official.merge_regions(count - 1, stats[1:], centroids[1:], labels)
    if regions is None:
        regions = [labels == i for i in range(1, count)]
    numbered = np.zeros(mask.shape, '<u2')
    for i, region in enumerate(regions):
        numbered[region] = i + 1
    return {
        'name': name,
        'height': mask.shape[0],
        'width': mask.shape[1],
        'mask': pack_mask(mask),
        'components': count - 1,
        'regions': len(regions),
        'labels': pack_bytes(numbered.tobytes()),
    }


def metric_vector(name, truth, predicted, official):
    def boundary_iou(ratio):
        a, b = (official.mask_to_boundary(mask, ratio) for mask in (truth, predicted))
        union = int(np.count_nonzero(a | b))
        return np.count_nonzero(a & b) / union if union else None

    accuracy = float(official.compute_boundary_acc(truth, predicted, predicted)[0])
    return {
        'name': name,
        'height': truth.shape[0],
        'width': truth.shape[1],
        'truth': pack_mask(truth),
        'predicted': pack_mask(predicted),
        'intersection': int(np.count_nonzero(truth & predicted)),
        'union': int(np.count_nonzero(truth | predicted)),
        'boundaryIou': boundary_iou(0.02),
        'boundaryIouWide': boundary_iou(0.1),
        'meanBoundaryAccuracy': None if math.isnan(accuracy) else accuracy,
    }


def metric_pairs(pairs, synthetic):
    yield from pairs
    for name in ['holed', 'ring', 'disk', 'full image', 'touches the left border', 'cross over the whole image',
                 'noise, dense', 'one pixel', 'empty', 'tiny, 7 by 3', 'blobs 0', 'blobs 3', 'image larger than the frame']:
        truth = synthetic[name]
        yield f'{name}, moved', np.roll(truth, (2, 3), (0, 1)), truth
        yield f'{name}, thinner', cv2.erode(truth, np.ones((3, 3), np.uint8)), truth
    # 0.02 times the diagonal of these is 2.5 and 3.5: Python rounds both to even.
    for height, width in [(75, 100), (105, 140)]:
        truth = np.zeros((height, width), np.uint8)
        truth[10:60, 15:80] = 1
        yield f'half of a pixel, {height} by {width}', np.roll(truth, 2, 1), truth


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    for name in ('--samrefiner', '--boundary-iou', '--cascadepsp', '--data'):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument('--out', type=Path, default=Path(__file__).with_name('vectors.json.gz'))
    arguments = parser.parse_args()
    official = import_official(arguments)
    features = embedding()
    pairs = list(real_pairs(arguments.data))
    synthetic = synthetic_masks()

    masks = [(f'{name}, {kind}', mask) for name, *both in pairs for kind, mask in zip(('coarse', 'true'), both)]
    # The official distance maps are squeezed, so an image one pixel high or wide makes extract_points fail.
    masks += [(name, mask) for name, mask in synthetic.items() if min(mask.shape) > 1]
    semantic = [*real_unions(arguments.data), *synthetic.items(), *scattered_masks().items()]
    vectors = {
        'madeWith': {'torch': torch.__version__, 'opencv': cv2.__version__, 'numpy': np.__version__},
        'guides': [guide_vector(name, mask, official, features, i) for i, (name, mask) in enumerate(masks)],
        'batches': list(batches(official, features)),
        'merges': [merge_vector(name, mask, official) for name, mask in semantic],
        'metrics': [
            metric_vector(name, truth, predicted, official)
            for name, predicted, truth in metric_pairs(pairs, synthetic)
        ],
    }
    text = json.dumps(vectors, separators=(',', ':')).encode()
    arguments.out.write_bytes(gzip.compress(text, 9, mtime=0))
    print(
        f'{len(vectors["guides"])} masks, of which {sum(v["expanded"] for v in vectors["guides"])} grow;',
        f'{len(vectors["merges"])} merges; {len(vectors["metrics"])} pairs; {arguments.out.stat().st_size} bytes',
    )


if __name__ == '__main__':
    main()

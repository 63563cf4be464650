"""Quality on held-out images of the training sets: all prompts, the box alone, a point alone.

    python validate.py --weights run/weights.pt --data data

For following a run and choosing thresholds; the figures that count come from `samrefiner eval`.
"""

import argparse
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from losses import mask_loss, outcome_of
from network import Lite
from photographs import Entry, list_entries
from rounds import decode, encode, next_prompts, per_mask
from samples import Samples, Sizes

SEED = 585


@torch.no_grad()
def validate(model: Lite, entries: list[Entry], sizes: Sizes, images: int, device: str) -> dict[str, float]:
    """Mean IoU of the selected candidate after one and two rounds of all prompts, next to the rough masks', and by the
    prompts of single kinds. Measured on cells of stride 2."""
    model.eval()
    sums: dict[str, list[float]] = {}
    samples = Samples(entries, sizes, SEED, augment=False)
    for batch in DataLoader(samples, batch_size=4, sampler=range(images)):
        batch = {name: value.to(device) for name, value in batch.items()}
        features = encode(model, batch['image'], sizes.masks_per_image)
        flat = per_mask(batch)
        first = decode(model, features, flat)
        second = decode(model, features, next_prompts(first, flat, sizes.frame, None))
        rows = torch.arange(len(flat['truth']))
        ious = [
            outcome_of(r.logits, r.predicted_iou, flat['has_mask'], flat['truth'], flat['counted'], mask_loss).true_iou[
                rows, r.best()
            ]
            for r in (first, second)
        ]
        has_box, has_mask = (flat['labels'] == 2).any(1), flat['has_mask'] > 0
        has_point = (flat['labels'] == 1).any(1)
        whole = has_box & has_point & has_mask
        for name, values, where in (
            ('rough', flat['rough_iou'], whole),
            ('refined', ious[0], whole),
            ('twice', ious[1], whole),
            ('box', ious[0], has_box & ~has_mask),
            ('point', ious[0], has_point & ~has_box & ~has_mask),
        ):
            sums.setdefault(name, []).extend(values[where].tolist())
    return {name: round(sum(values) / max(1, len(values)), 4) for name, values in sums.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--weights', type=Path, required=True)
    parser.add_argument('--data', type=Path, required=True, help='the folder that holds train/')
    parser.add_argument('--size', type=int, default=512, help='side of the frame in pixels')
    parser.add_argument('--images', type=int, default=48)
    parser.add_argument('--device', default='cpu')
    given = parser.parse_args()
    model = Lite().to(given.device)
    model.load_state_dict(torch.load(given.weights, map_location=given.device, weights_only=True))
    entries = list_entries([given.data / 'train'], held_out=True)
    print(validate(model, entries, Sizes(given.size, 4), given.images, given.device))


if __name__ == '__main__':
    main()

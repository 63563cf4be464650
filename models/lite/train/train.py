"""Trains the model.

    python train.py --data ../data --out run --backbone deeplabv3_mnv2_pascal_quant.tflite

Stop it at any time and go on with `--resume`. `torchrun --nproc-per-node 2 train.py ...` makes use of two cores; the
same command with `--device cuda --workers 12 --images 32` of a GPU.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

import checkpoint
from checkpoint import AveragedWeights
from losses import MaskLoss, Outcome, mask_loss, outcome_of
from network import Lite
from photographs import list_entries
from processes import Crew, average_gradients, join_crew, leave_crew, sample_numbers
from rounds import decode, encode, next_prompts, per_mask
from samples import Samples, Sizes
from tflite_weights import load_backbone

# The backbone was trained on far more pictures than there are here: it learns slowly, its first blocks not at all.
BACKBONE_SPEED = 0.2
# Layers that --init does not know have more to learn.
FAST_LAYERS_SPEED = 5.0
FROZEN_BLOCKS = 3
WARM_UP_SHARE, LAST_SPEED = 0.03, 0.01


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=Path, required=True, help='the folder that holds train/ and train-research/')
    parser.add_argument(
        '--research', action='store_true', help='add the sets for research only; not for a pack to ship'
    )
    parser.add_argument('--out', type=Path, required=True, help='the folder for checkpoints')
    parser.add_argument('--init', type=Path, help='weights to start from, where names and shapes agree')
    parser.add_argument('--fast', nargs='*', default=[], help='layers that learn as fast as those that --init lacks')
    parser.add_argument('--backbone', type=Path, help='TensorFlow Lite file of DeepLabV3-MobileNetV2 to start from')
    parser.add_argument('--freeze-backbone', action='store_true', help='train the rest alone')
    parser.add_argument('--resume', action='store_true', help='go on with the run in --out')
    parser.add_argument('--steps', type=int, default=20_000, help='length of the run; sets the learning rate schedule')
    parser.add_argument('--images', type=int, default=4, help='images in a step')
    parser.add_argument('--masks', type=int, default=4, help='masks of an image')
    parser.add_argument('--size', type=int, default=384, help='side of the frame in pixels, a multiple of 32')
    parser.add_argument('--speed', type=float, default=5e-4, help='highest learning rate')
    parser.add_argument('--second-rounds', type=float, default=0.25, help='share of steps with a second round')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--workers', type=int, default=1, help='processes that make samples')
    parser.add_argument(
        '--compile', action='store_true', help='fuse the upsampler and the losses; needs a C++ compiler'
    )
    parser.add_argument('--save-every', type=int, default=200, help='steps between checkpoints')
    return parser.parse_args()


def make_model(given: argparse.Namespace) -> tuple[Lite, list[str]]:
    """The model, and the names of the layers that --init did not know."""
    torch.manual_seed(given.seed)
    model, new_names = Lite(), []
    if given.backbone:
        load_backbone(given.backbone, model.encoder.backbone)
    if given.init:
        new_names = checkpoint.load_agreeing(given.init, model)
        print('not in --init:', new_names, flush=True)
    if given.freeze_backbone:
        model.encoder.backbone.requires_grad_(False)
    for frozen in (model.encoder.backbone.stem, *model.encoder.backbone.blocks[:FROZEN_BLOCKS]):
        frozen.requires_grad_(False)
    return model.to(given.device, memory_format=torch.channels_last), new_names


def make_optimizer(model: Lite, fast: list[str], speed: float) -> torch.optim.AdamW:
    speeds: dict[float, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            in_backbone, is_fast = name.startswith('encoder.backbone.'), name.startswith(tuple(fast))
            factor = BACKBONE_SPEED if in_backbone else FAST_LAYERS_SPEED if is_fast else 1.0
            speeds.setdefault(factor * speed, []).append(parameter)
    groups = [{'params': parameters, 'speed': of_group} for of_group, parameters in speeds.items()]
    return torch.optim.AdamW(groups, lr=speed, weight_decay=1e-3)


def pace(step: int, steps: int) -> float:
    """Share of the highest learning rate: a short rise, then a cosine down."""
    done = step / steps
    if done < WARM_UP_SHARE:
        return (step + 1) / (WARM_UP_SHARE * steps + 1)
    fallen = (done - WARM_UP_SHARE) / (1 - WARM_UP_SHARE)
    return LAST_SPEED + (1 - LAST_SPEED) * 0.5 * (1 + math.cos(math.pi * fallen))


def losses_of(
    model: Lite,
    batch: dict[str, torch.Tensor],
    given: argparse.Namespace,
    loss_of_masks: MaskLoss,
    rng: np.random.Generator,
    *,
    again: bool,
) -> list[Outcome]:
    """Outcomes of the first round and, if `again`, of a second one on the first one's masks."""
    flat = per_mask(batch)
    with torch.autocast(torch.device(given.device).type, torch.bfloat16):
        features = encode(model, batch['image'], given.masks)
        prompts = [flat]
        rounds = [decode(model, features, flat)]
        if again:
            prompts.append(next_prompts(rounds[0], flat, given.size, rng))
            rounds.append(decode(model, features, prompts[1]))
        truth, counted = flat['truth'], flat['counted']
        return [
            outcome_of(done.logits, done.predicted_iou, asked['has_mask'], truth, counted, loss_of_masks)
            for done, asked in zip(rounds, prompts, strict=True)
        ]


def make_loader(given: argparse.Namespace, first_step: int, crew: Crew) -> DataLoader:
    folders = [given.data / name for name in ['train', *(['train-research'] if given.research else [])]]
    samples = Samples(list_entries(folders, held_out=False), Sizes(given.size, given.masks), given.seed)
    return DataLoader(
        samples,
        given.images,
        sampler=sample_numbers(first_step, given.steps, given.images, crew),
        num_workers=given.workers,
        prefetch_factor=4 if given.workers else None,
        pin_memory=given.device != 'cpu',
    )


def train(given: argparse.Namespace, crew: Crew) -> None:
    given.out.mkdir(parents=True, exist_ok=True)
    model, new_names = make_model(given)
    optimizer = make_optimizer(model, [*new_names, *given.fast], given.speed)
    loss_of_masks: MaskLoss = mask_loss
    if given.compile:
        # Not the whole decoder: the gradients that PyTorch 2.13 then computes on a CPU are wrong (test_compile.py).
        model.decoder.upsampler.compile()
        loss_of_masks = torch.compile(mask_loss)
    averaged = AveragedWeights(model, decay=0.998)
    first = checkpoint.load(given.out, model, averaged, optimizer, given.device) if given.resume else 0
    progress = Progress()
    for step, batch in enumerate(make_loader(given, first, crew), first):
        model.train()
        batch = {name: value.to(given.device, non_blocking=True) for name, value in batch.items()}
        for group in optimizer.param_groups:
            group['lr'] = group['speed'] * pace(step, given.steps)
        # Drawn alike by all processes: none waits for one that has more to do.
        again = np.random.default_rng([given.seed, step]).random() < given.second_rounds
        rng = np.random.default_rng([given.seed, step, crew.rank])
        outcomes = losses_of(model, batch, given, loss_of_masks, rng, again=again)
        loss = sum(outcome.loss for outcome in outcomes) / len(outcomes)
        optimizer.zero_grad()
        loss.backward()
        average_gradients(model, crew)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        averaged.update(model)
        if crew.leads:
            progress.note(step + 1, loss, outcomes[0], batch['rough_iou'])
            if (step + 1) % given.save_every == 0 or step + 1 == given.steps:
                checkpoint.save(given.out, model, averaged, optimizer, step + 1)


class Progress:
    """Prints the means of every 50 steps: loss, IoU of the best of the three candidates, IoU of the rough masks."""

    def __init__(self):
        self.since = time.monotonic()
        self.figures: list[tuple[float, float, float]] = []

    def note(self, steps: int, loss: torch.Tensor, outcome: Outcome, rough_iou: torch.Tensor) -> None:
        best_of_three = outcome.true_iou[:, 1:].max(1).values
        self.figures.append((loss.item(), best_of_three.mean().item(), rough_iou.mean().item()))
        if steps % 50:
            return
        loss_mean, iou_mean, rough_mean = np.mean(self.figures, 0)
        seconds = (time.monotonic() - self.since) / len(self.figures)
        best = f'best of three {iou_mean:.4f} (rough {rough_mean:.4f})'
        print(f'{steps}: loss {loss_mean:.4f}, {best}, {seconds:.2f} s a step', flush=True)
        self.since, self.figures = time.monotonic(), []


def main() -> None:
    given = parse_arguments()
    crew = join_crew(given.device)
    try:
        train(given, crew)
    finally:
        leave_crew(crew)


if __name__ == '__main__':
    main()

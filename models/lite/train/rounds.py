"""Runs the model on batches of samples: one round, and the next one on prompts made of the round's own masks."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from network import Lite
from prompt_choice import AMPLITUDES, Prompt, all_prompts
from prompts import Frame

Features = tuple[Tensor, ...]


@dataclass(frozen=True)
class Round:
    """`logits` [B,4,M,M] and `predicted_iou` [B,4] of B prompts."""

    logits: Tensor
    predicted_iou: Tensor

    def best(self) -> Tensor:
        """The index of the candidate that would be selected, `[B]`."""
        return self.predicted_iou[:, 1:].argmax(1) + 1


def encode(model: Lite, image: Tensor, masks_per_image: int) -> Features:
    """Features of `image` [B,3,S,S] uint8, once for each of its masks."""
    normalised = (image.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    return tuple(f.repeat_interleave(masks_per_image, 0) for f in model.encoder(normalised))


def decode(model: Lite, features: Features, batch: dict[str, Tensor]) -> Round:
    """`batch` has `points`, `labels`, `mask` and `has_mask` of prompts, one after the other."""
    logits, predicted_iou, _ = model.decoder(
        features, batch['points'], batch['labels'], batch['mask'].unsqueeze(1), batch['has_mask']
    )
    return Round(logits, predicted_iou)


def next_prompts(
    done: Round, batch: dict[str, Tensor], frame_size: int, rng: np.random.Generator | None
) -> dict[str, Tensor]:
    """All prompts of the selected masks. `batch['extent']` [B,2] is the image's width and height in the frame. Where a
    mask came out empty, its prompts stay as they were. `rng` draws amplitude and box moves; None takes the last
    amplitude and the tight box."""
    rows = torch.arange(len(done.logits), device=done.logits.device)
    chosen = done.logits[rows, done.best()].detach().float()[:, None]
    upsampled = F.interpolate(chosen, size=(frame_size, frame_size), mode='bilinear', align_corners=False)
    masks = (upsampled[:, 0] > 0).to(torch.uint8).cpu().numpy()
    renewed = {name: batch[name].clone() for name in ('points', 'labels', 'mask', 'has_mask')}
    for i, (width, height) in enumerate(batch['extent'].tolist()):
        mask = np.ascontiguousarray(masks[i, :height, :width])
        if np.count_nonzero(mask) < 8:
            continue
        frame = Frame(width, height, frame_size, frame_size // 2)
        amplitude = float(rng.choice(AMPLITUDES)) if rng else AMPLITUDES[-1]
        moves = tuple(bool(move) for move in rng.random(4) < 0.25) if rng else (False,) * 4
        _put(renewed, i, all_prompts(mask, frame, amplitude, moves))
    return renewed


def _put(batch: dict[str, Tensor], i: int, prompt: Prompt) -> None:
    batch['points'][i] = torch.from_numpy(prompt.points)
    batch['labels'][i] = torch.from_numpy(prompt.labels)
    batch['mask'][i] = torch.from_numpy(prompt.mask)
    batch['has_mask'][i] = prompt.has_mask


def per_mask(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """A loader's batch `[images, masks, ...]` as prompts one after the other `[images * masks, ...]`."""
    masks = batch['points'].shape[1]
    flat = {name: batch[name].flatten(0, 1) for name in ('truth', 'points', 'labels', 'mask', 'has_mask', 'rough_iou')}
    for name in ('extent', 'counted'):
        flat[name] = batch[name].repeat_interleave(masks, 0)
    return flat

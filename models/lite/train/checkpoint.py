"""What a run leaves behind: everything needed to go on, and the averaged weights alone, to export."""

from pathlib import Path

import torch
from torch import nn
from torch.optim import Optimizer

CHECKPOINT, WEIGHTS = 'checkpoint.pt', 'weights.pt'


class AveragedWeights:
    """Exponential moving average of a model's weights, quicker in the first steps."""

    def __init__(self, model: nn.Module, decay: float):
        self.decay = decay
        self.updates = 0
        self.values = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, value in model.state_dict().items():
            self.values[name].lerp_(value, 1 - decay)


def save(folder: Path, model: nn.Module, averaged: AveragedWeights, optimizer: Optimizer, step: int) -> None:
    """Writes each file under another name first, so that a run that is cut off leaves whole files."""
    state = {
        'model': model.state_dict(),
        'averaged': averaged.values,
        'updates': averaged.updates,
        'optimizer': optimizer.state_dict(),
        'step': step,
    }
    for name, content in ((CHECKPOINT, state), (WEIGHTS, averaged.values)):
        partial = folder / f'{name}.partial'
        torch.save(content, partial)
        partial.replace(folder / name)


def load(folder: Path, model: nn.Module, averaged: AveragedWeights, optimizer: Optimizer, device: str) -> int:
    """Restores what `save` wrote; returns the step."""
    state = torch.load(folder / CHECKPOINT, map_location=device, weights_only=True)
    model.load_state_dict(state['model'])
    averaged.values, averaged.updates = state['averaged'], state['updates']
    optimizer.load_state_dict(state['optimizer'])
    return state['step']


def load_agreeing(path: Path, model: nn.Module) -> list[str]:
    """Takes weights from `path` wherever name and shape agree; returns the names of those that stay as they were."""
    theirs = torch.load(path, map_location='cpu', weights_only=True)
    ours = model.state_dict()
    agreeing = {name: value for name, value in theirs.items() if name in ours and ours[name].shape == value.shape}
    model.load_state_dict(agreeing, strict=False)
    return sorted(set(ours) - set(agreeing))

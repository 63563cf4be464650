"""What training minimises: exact masks, above all at the outline, and honest predictions of their IoU."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# Weight of cells at the true outline in the cross-entropy, over 1 elsewhere.
OUTLINE_WEIGHT = 4.0
# The outline's band in the band's own Dice term, in cells of stride 2 to each side.
BAND_CELLS = 4
# Of the candidates to choose from, the best one learns most and the others a little, so that each can mean something
# else by the same click or box. With a rough mask there is little to guess: all learn, and a wrong choice costs less.
BEST_SHARE, BEST_SHARE_WITH_MASK = 0.8, 0.4

MaskLoss = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Outcome:
    """`loss` scalar; `true_iou` [B,4] of the candidates, measured on the cells."""

    loss: Tensor
    true_iou: Tensor


def outcome_of(
    logits: Tensor, predicted_iou: Tensor, has_mask: Tensor, truth: Tensor, counted: Tensor, loss_of_masks: MaskLoss
) -> Outcome:
    """`logits` [B,4,M,M], `predicted_iou` [B,4], `has_mask` [B] of the prompts, `truth` [B,M,M] shares in [0, 1],
    `counted` [B,M,M] false where nothing is known: void, and the frame outside the image. `loss_of_masks` is
    `mask_loss`, perhaps compiled."""
    logits = logits.float()
    counts = counted[:, None].float()
    target = truth[:, None].expand_as(logits)
    per_candidate = loss_of_masks(logits, target, counts)
    choices = per_candidate[:, 1:]
    best_share = torch.where(has_mask > 0, BEST_SHARE_WITH_MASK, BEST_SHARE)
    chosen = torch.lerp(choices.mean(1), choices.min(1).values, best_share)
    true_iou = _iou(logits, target, counts)
    iou_loss = F.smooth_l1_loss(predicted_iou.float(), true_iou, beta=0.1, reduction='none').mean(1)
    return Outcome((chosen + 0.5 * per_candidate[:, 0] + iou_loss).mean(), true_iou)


def mask_loss(logits: Tensor, target: Tensor, counts: Tensor) -> Tensor:
    """Cross-entropy with a heavy outline, Dice of the mask and Dice of the band about the outline: `[B,4]`."""
    first = target[:, :1]
    at_outline = _differs_nearby(first, 2)
    weights = counts * (1 + OUTLINE_WEIGHT * at_outline)
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction='none')
    entropy = (entropy * weights).sum((2, 3)) / weights.sum((2, 3)).clamp(min=1)
    probability = logits.sigmoid()
    band = counts * _differs_nearby(first, BAND_CELLS)
    return 2 * entropy + _dice(probability, target, counts) + 0.5 * _dice(probability, target, band)


def _differs_nearby(target: Tensor, cells: int) -> Tensor:
    """1 where the truth changes within `cells` cells, `[B,1,M,M]`."""
    inside = (target >= 0.5).float()
    share = F.avg_pool2d(inside, 2 * cells + 1, 1, cells, count_include_pad=False)
    return ((share > 0) & (share < 1)).float()


def _dice(probability: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    overlap = (probability * target * weights).sum((2, 3))
    total = ((probability + target) * weights).sum((2, 3))
    return 1 - (2 * overlap + 1) / (total + 1)


@torch.no_grad()
def _iou(logits: Tensor, target: Tensor, counts: Tensor) -> Tensor:
    known = counts > 0
    found, true = (logits > 0) & known, (target >= 0.5) & known
    return (found & true).sum((2, 3)).float() / (found | true).sum((2, 3)).clamp(min=1)

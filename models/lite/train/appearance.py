"""What an object looks like: every cell of an image is described by words, and a rough mask or a box says how much more
often each word is seen on the object than off it. This is the histogram of colours of GrabCut, with words that are
learned."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from layers import ChannelNorm

# Words of colour alone, and words of what the encoder sees.
COLOUR_WORDS, FEATURE_WORDS = 48, 32
WORDS = COLOUR_WORDS + FEATURE_WORDS
# For each kind of word: seen off the object anywhere, and near it.
RATIO_MAPS = 4
# Besides those: the inside of a box, clicks on the object, clicks beside it and the rough mask.
EVIDENCE_MAPS = RATIO_MAPS + 4
# A click is a bell this wide, as a share of the frame.
CLICK_WIDTH = 0.03
# Squared distance in [-1, 1]^3 over which colours share words at the start.
COLOUR_SPREAD = 0.05
# "Near" is within so many cells of stride 16.
NEAR_CELLS = 3
# Cells that every word is taken to have been seen on more, so that rare words say little.
PRIOR_CELLS = 4.0


class Words(nn.Module):
    """How much of each word a cell of stride 4 is, `[B, S/4 * S/4, WORDS]`; each kind's shares make 1."""

    def __init__(self, channels: int):
        super().__init__()
        grey = torch.rand(COLOUR_WORDS, 1) * 2 - 1
        colours = (grey + 0.25 * torch.randn(COLOUR_WORDS, 3)).clamp(-1, 1)
        self.colour = nn.Linear(3, COLOUR_WORDS)
        with torch.no_grad():
            self.colour.weight.copy_(2 * colours / COLOUR_SPREAD)
            self.colour.bias.copy_(-(colours**2).sum(1) / COLOUR_SPREAD)
        self.norm = ChannelNorm(channels)
        self.feature = nn.Linear(channels, FEATURE_WORDS)
        nn.init.normal_(self.feature.weight, std=0.6)

    def forward(self, image: Tensor, detail4: Tensor) -> Tensor:
        with torch.autocast(image.device.type, enabled=False):
            colour = self.colour(_cells(F.avg_pool2d(image, 4))).softmax(-1)
            feature = self.feature(_cells(self.norm(detail4.float()))).softmax(-1)
            return torch.cat([colour, feature], -1)


class Evidence(nn.Module):
    """What prompts say of each cell: how the object's words speak for it, and whether it lies in the box, at a click or
    on the rough mask. Where there is a mask, it says more than the box. Features of stride 16 for the embedding, the
    maps themselves at strides 8 and 4.

    The convolution starts at 0, so that weights trained without this go on as they were.
    """

    def __init__(self, embedding_channels: int):
        super().__init__()
        self.at16 = nn.Conv2d(EVIDENCE_MAPS, embedding_channels, 1, bias=False)
        nn.init.zeros_(self.at16.weight)

    def forward(
        self, words: Tensor, points: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`words` [1 or B, P, WORDS]; the rest as the decoder gets it. Words say nothing where neither mask nor box is
        known."""
        side = mask.shape[-1] // 2
        has_box = (labels == 2).any(1).to(words.dtype)
        has = has_mask.reshape(-1, 1, 1, 1)
        in_box = _inside_box(points, labels, side).to(words.dtype) * (1 - has) * has_box.reshape(-1, 1, 1, 1)
        on_mask = F.avg_pool2d((mask > 0).to(words.dtype), 2) * has
        on = on_mask + in_box
        known = torch.maximum(has_mask, has_box).reshape(-1, 1, 1, 1)
        with torch.autocast(words.device.type, enabled=False):
            clicks = [_bells(points, labels == kind, side) for kind in (1, 0)]
            evidence = torch.cat([log_ratios(words, on) * known, in_box, *clicks, on_mask], 1)
        at8 = F.avg_pool2d(evidence, 2)
        return self.at16(F.avg_pool2d(at8, 2)), at8, evidence


def log_ratios(words: Tensor, on: Tensor) -> Tensor:
    """`on` [B,1,H,W] says how much of a cell is object. Returns `[B, RATIO_MAPS, H, W]`, about -2 to 2."""
    batch, _, rows, columns = on.shape
    reach = F.max_pool2d(F.avg_pool2d(on, 4), 2 * NEAR_CELLS + 1, 1, NEAR_CELLS)
    near = F.interpolate((reach > 0).to(on.dtype), scale_factor=4, mode='nearest')
    seen = _totals(torch.cat([on, 1 - on, (1 - on) * near], 1), words)
    # Every cell's colour words make 1.
    cells = seen[..., :COLOUR_WORDS].sum(-1, keepdim=True)
    frequency = (seen + PRIOR_CELLS / COLOUR_WORDS) / (cells + PRIOR_CELLS)
    logarithm = frequency.clamp(min=1e-4).log()
    ratios = (logarithm[:, :1] - logarithm[:, 1:]).transpose(1, 2) / 2
    # Each kind of word draws two maps of its own.
    columns_of_kinds = torch.zeros(WORDS, RATIO_MAPS, device=words.device)
    columns_of_kinds[:COLOUR_WORDS, :2], columns_of_kinds[COLOUR_WORDS:, 2:] = 1, 1
    maps = words @ (torch.cat([ratios, ratios], -1) * columns_of_kinds)
    return maps.transpose(1, 2).reshape(batch, RATIO_MAPS, rows, columns)


def _totals(where: Tensor, words: Tensor) -> Tensor:
    """The words of the cells that `where` [B,N,H,W] weighs, summed: `[B, N, WORDS]`.

    Row by row, then the rows: onnxruntime adds up to 128 products in one order, but longer sums in an order that
    depends on the number of threads.
    """
    batch, weights, rows, columns = where.shape
    of_rows = where.transpose(1, 2) @ words.reshape(-1, rows, columns, WORDS)
    ones = torch.ones(1, 1, rows, device=where.device)
    return (ones @ of_rows.reshape(batch, rows, weights * WORDS)).reshape(batch, weights, WORDS)


def _inside_box(points: Tensor, labels: Tensor, side: int) -> Tensor:
    """`[B,1,side,side]` true in the box whose corners have the labels 2 and 3; anything where there is none."""
    centres = _centres(points, side)
    first = (points * (labels == 2).unsqueeze(-1)).sum(1)
    last = (points * (labels == 3).unsqueeze(-1)).sum(1)
    across = (centres >= first[:, :1]) & (centres <= last[:, :1])
    down = (centres >= first[:, 1:]) & (centres <= last[:, 1:])
    return (down.unsqueeze(2) & across.unsqueeze(1)).unsqueeze(1)


def _bells(points: Tensor, counted: Tensor, side: int) -> Tensor:
    """`[B,1,side,side]`: 1 at the `counted` [B,N] points, falling off about them."""
    offsets = _centres(points, side) - points.unsqueeze(-1)
    falloff = torch.exp(offsets.square() * (-0.5 / CLICK_WIDTH**2)) * counted[..., None, None]
    across, down = falloff.unbind(2)
    return (down.unsqueeze(3) * across.unsqueeze(2)).amax(1, keepdim=True)


def _centres(points: Tensor, side: int) -> Tensor:
    return (torch.arange(side, device=points.device, dtype=points.dtype) + 0.5) / side


def _cells(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)

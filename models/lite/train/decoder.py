"""The prompt and mask decoder, in the manner of SAM's: tokens and image features look at each other, then the features
are brought to stride 2 with the image's details and the mask prompt's, and each mask token says how to read them."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from appearance import EVIDENCE_MAPS, Evidence
from encoder import DETAIL_CHANNELS, EMBEDDING_CHANNELS
from layers import Attention, Head, TwoWayBlock, upsample_twice

# Candidate 0 is the single answer, 1 to 3 the ones to choose from.
CANDIDATES = 4
# Added to the attention scores of padding points: nothing looks at them.
UNSEEN = -1e4


class MaskPromptEncoder(nn.Module):
    """The mask prompt at strides 4 and 8 of the frame, and at 16 with the embedding's channels."""

    def __init__(self):
        super().__init__()
        self.stride4 = nn.Conv2d(2, 16, 5, 2, 2)
        self.stride8 = nn.Conv2d(16, 32, 3, 2, 1)
        self.stride16 = nn.Conv2d(32, 64, 3, 2, 1)
        self.project = nn.Conv2d(64, EMBEDDING_CHANNELS, 1)
        self.no_mask = nn.Parameter(torch.zeros(EMBEDDING_CHANNELS))

    def forward(self, mask: Tensor, has_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`mask` [B,1,S/2,S/2], `has_mask` [B] 0 or 1."""
        has = has_mask.reshape(-1, 1, 1, 1)
        known = torch.cat([mask * has, has.expand_as(mask)], 1)
        at4 = F.relu(self.stride4(known))
        at8 = F.relu(self.stride8(at4))
        dense = self.project(F.gelu(self.stride16(at8)))
        return at4, at8, dense * has + self.no_mask.reshape(1, -1, 1, 1) * (1 - has)


class Upsampler(nn.Module):
    """Image features of stride 16 to `[B, 16, S/2, S/2]`, with the details of the image, the mask prompt's and what the
    prompts say of each cell.

    Most of a mask's time goes here. Convolutions of multiples of 4 channels with ReLU stay in onnxruntime's own layout;
    layer norms and GELU here took a quarter of the decoder's time, and the model is as good without.
    """

    def __init__(self):
        super().__init__()
        c8, c4, c2 = DETAIL_CHANNELS[8], DETAIL_CHANNELS[4], DETAIL_CHANNELS[2]
        self.reduce8 = nn.Conv2d(EMBEDDING_CHANNELS, c8, 1)
        self.mix8 = nn.Conv2d(c8 + 32 + EVIDENCE_MAPS, c8, 3, 1, 1)
        self.reduce4 = nn.Conv2d(c8, c4, 1)
        self.mix4 = nn.Conv2d(c4 + 16 + EVIDENCE_MAPS, c4, 3, 1, 1)
        self.reduce2 = nn.Conv2d(c4, c2, 1)
        self.mix2 = nn.Conv2d(c2, c2, 3, 1, 1)

    def forward(
        self, x: Tensor, details: tuple[Tensor, ...], mask_details: tuple[Tensor, ...], evidence: tuple[Tensor, ...]
    ) -> Tensor:
        detail8, detail4, detail2 = details
        mask4, mask8 = mask_details
        evidence8, evidence4 = evidence
        x = upsample_twice(self.reduce8(x)) + detail8
        x = F.relu(self.mix8(torch.cat([x, mask8, evidence8], 1)))
        x = upsample_twice(self.reduce4(x)) + detail4
        x = F.relu(self.mix4(torch.cat([x, mask4, evidence4], 1)))
        x = upsample_twice(self.reduce2(x))
        return F.relu(self.mix2(x) + detail2)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        channels = EMBEDDING_CHANNELS
        self.register_buffer('frequencies', torch.randn(2, channels // 2))
        self.point_kinds = nn.Embedding(4, channels)
        self.tokens = nn.Parameter(torch.randn(1 + CANDIDATES, channels))
        self.mask_prompt = MaskPromptEncoder()
        self.blocks = nn.ModuleList([TwoWayBlock(channels, is_first=i == 0) for i in range(2)])
        self.final_attention = Attention(channels, inner=channels // 2)
        self.final_norm = nn.LayerNorm(channels)
        self.evidence = Evidence(channels)
        self.upsampler = Upsampler()
        self.readers = nn.ModuleList([Head(channels, DETAIL_CHANNELS[2]) for _ in range(CANDIDATES)])
        self.iou_head = Head(channels, CANDIDATES)

    def forward(
        self,
        features: tuple[Tensor, ...],
        points: Tensor,
        labels: Tensor,
        mask: Tensor,
        has_mask: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The encoder's outputs, of one image or of one image a prompt; `points` [B,N,2] (x, y) as shares of the
        frame; `labels` [B,N] 1, 0, 2 and 3 for a box's corners, -1 for padding, which changes nothing; `mask`
        [B,1,S/2,S/2] logits divided by 15; `has_mask` [B].

        Returns logits [B,4,S/2,S/2], predicted IoU [B,4] and what enters the IoU head's last layer [B,128].
        """
        embedding, *details, words = features
        mask4, mask8, dense = self.mask_prompt(mask, has_mask)
        evidence16, *evidence = self.evidence(words, points, labels, mask, has_mask)
        image = embedding + dense + evidence16
        rows, columns = image.shape[2:]
        image_code = self._position_code(grid_of(rows, columns, image.device))
        batch = points.shape[0]
        point_tokens = self._position_code(points) + self.point_kinds(labels.clamp(min=0))
        tokens = torch.cat([self.tokens.unsqueeze(0).expand(batch, -1, -1), point_tokens], 1)
        always_seen = torch.zeros(batch, 1 + CANDIDATES, device=points.device)
        token_bias = torch.cat([always_seen, (labels < 0).float() * UNSEEN], 1)[:, None, None]

        token_code, image = tokens, image.flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens, image = block(tokens, image, token_code, image_code, token_bias)
        tokens = self.final_norm(tokens + self.final_attention(tokens + token_code, image + image_code, image))
        image = image.transpose(1, 2).reshape(batch, -1, rows, columns)
        fine = self.upsampler(image, tuple(details), (mask4, mask8), tuple(evidence))
        read = torch.stack([reader(tokens[:, 1 + i]) for i, reader in enumerate(self.readers)], 1)
        logits = (read @ fine.flatten(2)).reshape(batch, CANDIDATES, *fine.shape[2:])
        iou_features = self.iou_head.hidden(tokens[:, 0])
        return logits, self.iou_head.last(iou_features), iou_features

    def _position_code(self, points: Tensor) -> Tensor:
        """Random Fourier features of positions in [0, 1], `[..., 2]` to `[..., C]`."""
        angles = (2 * points - 1) @ self.frequencies * (2 * math.pi)
        return torch.cat([angles.sin(), angles.cos()], -1)


def grid_of(rows: int, columns: int, device: torch.device) -> Tensor:
    """Centres of the cells of a grid as shares of its sides, `[1, rows * columns, 2]`, (x, y), row-major."""
    y = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) / rows
    x = (torch.arange(columns, device=device, dtype=torch.float32) + 0.5) / columns
    grid = torch.stack([x.repeat(rows, 1), y.unsqueeze(1).repeat(1, columns)], -1)
    return grid.reshape(1, rows * columns, 2)

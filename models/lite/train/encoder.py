"""The image encoder: MobileNetV2 at output stride 16 (DeepLabV3's, with batch norms folded in) and its neck."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from appearance import Words
from layers import ChannelNorm, upsample_twice

EMBEDDING_CHANNELS = 128
# Channels of the finer features, by stride.
DETAIL_CHANNELS = {2: 16, 4: 24, 8: 48}

# Expansion, output channels, stride, dilation of each inverted residual block.
BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 1), (6, 24, 1, 1),
    (6, 32, 2, 1), (6, 32, 1, 1), (6, 32, 1, 1),
    (6, 64, 2, 1), (6, 64, 1, 1), (6, 64, 1, 1), (6, 64, 1, 1),
    (6, 96, 1, 1), (6, 96, 1, 1), (6, 96, 1, 1),
    (6, 160, 1, 1), (6, 160, 1, 2), (6, 160, 1, 2),
    (6, 320, 1, 2),
)  # fmt: skip
# The last blocks of strides 2, 4 and 8, and the one before the dilated blocks.
TAPPED_BLOCKS = (0, 2, 5, 12)


def pad_as_tensorflow(x: Tensor, kernel: int, stride: int, dilation: int = 1) -> Tensor:
    """TensorFlow's SAME padding, with which the backbone was trained: the odd pixel goes right and below."""

    def missing(size: int) -> int:
        steps = -(-size // stride)
        return max((steps - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)

    rows, columns = missing(x.shape[2]), missing(x.shape[3])
    return F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, expansion: int, outputs: int, stride: int, dilation: int):
        super().__init__()
        hidden = inputs * expansion
        self.stride, self.dilation = stride, dilation
        self.expand = nn.Conv2d(inputs, hidden, 1) if expansion > 1 else None
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride, 0, dilation, groups=hidden)
        self.project = nn.Conv2d(hidden, outputs, 1)
        self.adds_input = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        if self.training and self.dilation == 2:
            y = F.relu6(self._depthwise_by_phases(y))
        else:
            y = F.relu6(self.depthwise(pad_as_tensorflow(y, 3, self.stride, self.dilation)))
        y = self.project(y)
        return x + y if self.adds_input else y

    def _depthwise_by_phases(self, x: Tensor) -> Tensor:
        """The dilated convolution as plain ones on the even and the odd rows and columns, for sides that are even.

        The same sums; but PyTorch's way back through dilated depthwise convolutions takes half of a step on a CPU.
        """
        batch, channels, rows, columns = x.shape
        padded = F.pad(x, (2, 2, 2, 2)).reshape(batch, channels, rows // 2 + 2, 2, columns // 2 + 2, 2)
        phases = padded.permute(0, 3, 5, 1, 2, 4).flatten(0, 2)
        y = F.conv2d(phases, self.depthwise.weight, self.depthwise.bias, groups=channels)
        y = y.reshape(batch, 2, 2, channels, rows // 2, columns // 2).permute(0, 3, 4, 1, 5, 2)
        return y.reshape(batch, channels, rows, columns)


class Backbone(nn.Module):
    """RGB in [-1, 1], `[B, 3, S, S]`, to features of 16, 24, 32, 96 and 256 channels at strides 2, 4, 8, 16, 16."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2)
        blocks, channels = [], 32
        for expansion, outputs, stride, dilation in BLOCKS:
            blocks.append(InvertedResidual(channels, expansion, outputs, stride, dilation))
            channels = outputs
        self.blocks = nn.ModuleList(blocks)
        self.top = nn.Conv2d(channels, 256, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = F.relu6(self.stem(pad_as_tensorflow(x, 3, 2)))
        features = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in TAPPED_BLOCKS:
                features.append(x)
        return [*features, F.relu(self.top(x))]


class FromCoarser(nn.Module):
    """Adds to features what the next coarser ones know: a depthwise and a pointwise convolution over both.

    The last convolution starts at 0, so that weights trained without this layer go on as they were.
    """

    def __init__(self, channels: int, coarser_channels: int):
        super().__init__()
        self.reduce = nn.Conv2d(coarser_channels, channels, 1)
        self.depthwise = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels)
        self.project = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.project.bias)

    def forward(self, x: Tensor, coarser: Tensor) -> Tensor:
        return x + self.project(F.gelu(self.depthwise(x + upsample_twice(self.reduce(coarser)))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Backbone()
        channels = EMBEDDING_CHANNELS
        self.mix = nn.Conv2d(96 + 256, channels, 1)
        self.norm = ChannelNorm(channels)
        self.depthwise = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels)
        self.project = nn.Conv2d(channels, channels, 1)
        self.detail8 = nn.Conv2d(32, DETAIL_CHANNELS[8], 1)
        self.detail4 = nn.Conv2d(24, DETAIL_CHANNELS[4], 1)
        self.detail2 = nn.Conv2d(16, DETAIL_CHANNELS[2], 1)
        self.onto8 = FromCoarser(DETAIL_CHANNELS[8], channels)
        self.onto4 = FromCoarser(DETAIL_CHANNELS[4], DETAIL_CHANNELS[8])
        self.onto2 = FromCoarser(DETAIL_CHANNELS[2], DETAIL_CHANNELS[4])
        # The image's part of the decoder's last convolution: once an image, not once a mask.
        self.edges = nn.Conv2d(DETAIL_CHANNELS[2], DETAIL_CHANNELS[2], 3, 1, 1, bias=False)
        self.words = Words(DETAIL_CHANNELS[4])

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """`image` [B,3,S,S], RGB in [-1, 1]. Returns the embedding (stride 16), the details of strides 8, 4 and 2, and
        the words of stride 4 (see appearance.py)."""
        stride2, stride4, stride8, stride16, top = self.backbone(image)
        embedding = self.norm(self.mix(torch.cat([stride16, top], 1)))
        embedding = embedding + self.project(F.gelu(self.depthwise(embedding)))
        detail8 = self.onto8(self.detail8(stride8), embedding)
        detail4 = self.onto4(self.detail4(stride4), detail8)
        detail2 = self.edges(self.onto2(self.detail2(stride2), detail4))
        return embedding, detail8, detail4, detail2, self.words(image, detail4)

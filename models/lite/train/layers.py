"""Layers that the encoder and the decoder share, and those of SAM's two-way transformer."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ChannelNorm(nn.Module):
    """Layer norm over the channels of `[B, C, H, W]`.

    As `F.layer_norm` on the last axis, onnxruntime sums each pixel's channels by itself, so that a mask's result does
    not depend on how many are decoded together. Under autocast it stays at 32 bits, as the gradients of its weights are
    sums over all pixels, of which 16 bits lose the better part.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        channels_last = F.layer_norm(x.permute(0, 2, 3, 1).float(), self.weight.shape, self.weight, self.bias, 1e-6)
        return channels_last.permute(0, 3, 1, 2)


def upsample_twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)


class Attention(nn.Module):
    """Multi-head attention whose inner width may be smaller than `channels`, as SAM's."""

    def __init__(self, channels: int, heads: int = 4, inner: int | None = None):
        super().__init__()
        inner = inner or channels
        self.heads = heads
        self.scale = 1.0 / math.sqrt(inner // heads)
        self.query = nn.Linear(channels, inner)
        self.key = nn.Linear(channels, inner)
        self.value = nn.Linear(channels, inner)
        self.out = nn.Linear(inner, channels)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, key_bias: Tensor | None = None) -> Tensor:
        """`query` [B,Q,C]; `key`, `value` [B,K,C]; `key_bias` [B,1,1,K] is added to the scores. Returns [B,Q,C]."""
        q, k, v = self._split(self.query(query)), self._split(self.key(key)), self._split(self.value(value))
        scores = (q @ k.transpose(-2, -1)) * self.scale
        if key_bias is not None:
            scores = scores + key_bias
        mixed = scores.softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)


class TwoWayBlock(nn.Module):
    """One block of SAM's two-way transformer: tokens attend to tokens, tokens to the image, the image to tokens."""

    def __init__(self, channels: int, *, is_first: bool):
        super().__init__()
        self.is_first = is_first
        self.token_attention = Attention(channels)
        self.token_norm = nn.LayerNorm(channels)
        self.image_to_token = Attention(channels, inner=channels // 2)
        self.image_to_token_norm = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.ReLU(), nn.Linear(2 * channels, channels))
        self.mlp_norm = nn.LayerNorm(channels)
        self.token_to_image = Attention(channels, inner=channels // 2)
        self.token_to_image_norm = nn.LayerNorm(channels)

    def forward(
        self, tokens: Tensor, image: Tensor, token_code: Tensor, image_code: Tensor, token_bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """`tokens` [B,T,C], `image` [B,P,C], their position codes, `token_bias` [B,1,1,T] (see Decoder)."""
        if self.is_first:
            tokens = self.token_attention(tokens, tokens, tokens, token_bias)
        else:
            coded = tokens + token_code
            tokens = tokens + self.token_attention(coded, coded, tokens, token_bias)
        tokens = self.token_norm(tokens)
        tokens = self.image_to_token_norm(tokens + self.image_to_token(tokens + token_code, image + image_code, image))
        tokens = self.mlp_norm(tokens + self.mlp(tokens))
        from_tokens = self.token_to_image(image + image_code, tokens + token_code, tokens, token_bias)
        return tokens, self.token_to_image_norm(image + from_tokens)


class Head(nn.Module):
    """Three linear layers; `hidden` is what enters the last one."""

    def __init__(self, channels: int, outputs: int):
        super().__init__()
        self.first = nn.Linear(channels, channels)
        self.second = nn.Linear(channels, channels)
        self.last = nn.Linear(channels, outputs)

    def hidden(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x))))

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.hidden(x))

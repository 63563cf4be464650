"""What `--compile` fuses has the gradients that it has without. Takes a minute, and a C++ compiler."""

import unittest

import torch

from appearance import WORDS
from decoder import Decoder
from encoder import DETAIL_CHANNELS
from losses import mask_loss, outcome_of

SIDE = 32


class CompileTest(unittest.TestCase):
    def gradients(self, *, fused: bool) -> torch.Tensor:
        torch.manual_seed(0)
        decoder = Decoder()
        loss_of_masks = mask_loss
        if fused:
            decoder.upsampler.compile()
            loss_of_masks = torch.compile(mask_loss)
        details = [
            torch.randn(3, DETAIL_CHANNELS[stride], 16 * SIDE // stride, 16 * SIDE // stride) for stride in (8, 4, 2)
        ]
        words = torch.rand(3, (4 * SIDE) ** 2, WORDS)
        mask = torch.randn(3, 1, 8 * SIDE, 8 * SIDE)
        labels = torch.tensor([[1, 0, 2, 3]]).expand(3, -1)
        features = (torch.randn(3, 128, SIDE, SIDE), *details, words)
        logits, predicted, _ = decoder(features, torch.rand(3, 4, 2), labels, mask, torch.ones(3))
        truth = (torch.rand(3, 8 * SIDE, 8 * SIDE) > 0.5).float()
        counted = torch.ones_like(truth, dtype=torch.bool)
        outcome_of(logits, predicted, torch.ones(3), truth, counted, loss_of_masks).loss.backward()
        return torch.cat([p.grad.flatten() for p in decoder.parameters() if p.grad is not None])

    def test_gradients_are_those_of_the_plain_model(self):
        plain, fused = self.gradients(fused=False), self.gradients(fused=True)
        torch.testing.assert_close(fused, plain, rtol=1e-3, atol=1e-3 * float(plain.abs().max()))


if __name__ == '__main__':
    unittest.main()

"""Folded padding leaves what a graph computes as it was."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from conv_padding import fold_padding
from encoder import pad_as_tensorflow


class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, 2)
        self.second = nn.Conv2d(4, 4, 3, 1, 1)

    def forward(self, x):
        return self.second(nn.functional.relu(self.first(pad_as_tensorflow(x, 3, 2))))


class ConvPaddingTest(unittest.TestCase):
    def test_the_graph_gives_the_same_without_its_pad_nodes(self):
        model = Padded().eval()
        x = torch.randn(1, 3, 16, 12)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'padded.onnx'
            torch.onnx.export(model, (x,), path, input_names=['x'], opset_version=17, dynamo=False)
            self.assertEqual(fold_padding(path, {'x': x.numpy()}), 1)
            self.assertNotIn('Pad', [node.op_type for node in onnx.load(path).graph.node])
            (folded,) = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider']).run(
                None, {'x': x.numpy()}
            )
        np.testing.assert_allclose(folded, model(x).detach().numpy(), atol=1e-6)


if __name__ == '__main__':
    unittest.main()

"""Weights as 16-bit numbers on disk, 32-bit ones in memory: half the file, the same arithmetic.

onnxruntime widens them once, when it opens the graph. Weights are rounded before the export, so that what PyTorch runs
and what the file holds stay equal.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

# Small tensors are not worth a node of the graph.
LEAST_VALUES = 64


@torch.no_grad()
def round_to_half(model: nn.Module) -> None:
    """Rounds what will be stored as 16-bit numbers to such numbers."""
    for value in (*model.parameters(), *model.buffers()):
        if value.numel() >= LEAST_VALUES:
            value.copy_(value.half().float())


def store_as_half(path: Path) -> None:
    """Rewrites an ONNX file's weights as 16-bit numbers, each with a node that widens it, where nothing is lost."""
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        halves = values.astype(np.float16)
        if values.size < LEAST_VALUES or not np.array_equal(halves.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(halves, f'{name}.half'))
        casts.append(helper.make_node('Cast', [f'{name}.half'], [name], to=TensorProto.FLOAT))
    for i, cast in enumerate(casts):
        model.graph.node.insert(i, cast)
    onnx.checker.check_model(model)
    onnx.save(model, path)

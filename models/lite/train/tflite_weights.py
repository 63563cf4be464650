"""Reads the backbone's first weights: DeepLabV3-MobileNetV2 as a quantised TensorFlow Lite file (Apache-2.0,
github.com/google-coral/test_data, `deeplabv3_mnv2_pascal_quant.tflite`). De-quantised, they are exact.

The numbers of fields are those of TensorFlow Lite's schema (tensorflow/lite/schema/schema.fbs).
"""

from collections.abc import Iterator
from pathlib import Path

import flatbuffers
import numpy as np
import torch
from flatbuffers.number_types import Int8Flags, Uint32Flags
from flatbuffers.table import Table
from torch import nn

from encoder import Backbone

CONVOLUTION, DEPTHWISE_CONVOLUTION = 3, 4
STORED_TYPES = {2: np.int32, 3: np.uint8}


def load_backbone(path: Path, backbone: Backbone) -> None:
    """Puts the file's convolutions, in their order, into those of `backbone`; the file's later ones are left over."""
    theirs = _convolutions(path.read_bytes())
    for ours in (module for module in backbone.modules() if isinstance(module, nn.Conv2d)):
        weight, bias = next(theirs)
        if ours.weight.shape != weight.shape:
            raise ValueError(f'Expected a convolution {tuple(ours.weight.shape)} in {path}, found {weight.shape}')
        ours.weight.data.copy_(torch.from_numpy(weight))
        ours.bias.data.copy_(torch.from_numpy(bias))


def _convolutions(content: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Weights `[out, in, rows, columns]` (in is 1 for depthwise ones) and biases, in the order of the graph."""
    model = Table(content, flatbuffers.encode.Get(flatbuffers.packer.uoffset, content, 0))
    kinds = [_scalar(code, 0, Int8Flags) for code in _tables(model, 1)]
    (graph,) = _tables(model, 2)
    tensors, buffers = _tables(graph, 0), _tables(model, 4)
    for operator in _tables(graph, 3):
        kind = kinds[_scalar(operator, 0, Uint32Flags)]
        if kind not in (CONVOLUTION, DEPTHWISE_CONVOLUTION):
            continue
        weight, bias = (_values(tensors[i], buffers) for i in _vector(operator, 1, np.int32)[1:3])
        # TensorFlow keeps [out, rows, columns, in], and [1, rows, columns, out] for depthwise convolutions.
        order = (0, 3, 1, 2) if kind == CONVOLUTION else (3, 0, 1, 2)
        yield np.ascontiguousarray(weight.transpose(order)), bias


def _values(tensor: Table, buffers: list[Table]) -> np.ndarray:
    stored = _vector(buffers[_scalar(tensor, 2, Uint32Flags)], 0, np.uint8).tobytes()
    raw = np.frombuffer(stored, STORED_TYPES[_scalar(tensor, 1, Int8Flags)]).reshape(_vector(tensor, 0, np.int32))
    quantisation = Table(tensor.Bytes, tensor.Indirect(tensor.Pos + tensor.Offset(_slot(4))))
    scale, zero = _vector(quantisation, 2, np.float32), _vector(quantisation, 3, np.int64)
    return (raw.astype(np.float32) - zero[0]).astype(np.float32) * scale[0]


def _slot(field: int) -> int:
    return 4 + 2 * field


def _scalar(table: Table, field: int, flags: type) -> int:
    return table.GetSlot(_slot(field), 0, flags)


def _vector(table: Table, field: int, dtype: type) -> np.ndarray:
    offset = table.Offset(_slot(field))
    if offset == 0:
        return np.zeros(0, dtype)
    return np.frombuffer(table.Bytes, dtype, table.VectorLen(offset), table.Vector(offset))


def _tables(table: Table, field: int) -> list[Table]:
    offset = table.Offset(_slot(field))
    start, count = table.Vector(offset), table.VectorLen(offset)
    return [Table(table.Bytes, table.Indirect(start + 4 * i)) for i in range(count)]

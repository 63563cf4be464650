"""Moves padding with zeros into the convolutions that it is for, which onnxruntime then does without a copy.

PyTorch's convolutions pad both ends of a side alike, ONNX's need not.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper


def fold_padding(path: Path, inputs: dict[str, np.ndarray]) -> int:
    """Rewrites an ONNX file where a `Pad` feeds one `Conv` alone, and returns how often. `inputs` are any that the
    graph takes: sizes of padding are read off a run with them, so they must not depend on values."""
    model = onnx.load(path)
    pads = {node.output[0]: node for node in model.graph.node if node.op_type == 'Pad' and _pads_with_zeros(node)}
    amounts = _values_of(model, [node.input[1] for node in pads.values()], inputs)
    folded = 0
    for conv in [node for node in model.graph.node if node.op_type == 'Conv']:
        pad = pads.get(conv.input[0])
        if pad is None or sum(list(node.input).count(conv.input[0]) for node in model.graph.node) != 1:
            continue
        # For batch, channels, rows and columns: at the beginning, then at the end.
        batch, channels, *begin, batch_end, channels_end, bottom, right = amounts[pad.input[1]].tolist()
        if any((batch, channels, batch_end, channels_end)):
            continue
        _add_padding(conv, [*begin, bottom, right])
        conv.input[0] = pad.input[0]
        model.graph.node.remove(pad)
        folded += 1
    _drop_unused(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return folded


def _pads_with_zeros(pad: NodeProto) -> bool:
    """Without a third input the value is 0."""
    mode = next((attribute.s for attribute in pad.attribute if attribute.name == 'mode'), b'constant')
    return mode == b'constant' and (len(pad.input) < 3 or not pad.input[2])


def _values_of(model: ModelProto, names: list[str], inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    watched = ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.INT64, None) for name in set(names))
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=['CPUExecutionProvider'])
    return dict(zip(names, session.run(names, inputs), strict=True))


def _add_padding(conv: NodeProto, sides: list[int]) -> None:
    own = next((attribute for attribute in conv.attribute if attribute.name == 'pads'), None)
    if own is not None:
        sides = [side + extra for side, extra in zip(sides, own.ints, strict=True)]
        conv.attribute.remove(own)
    conv.attribute.append(helper.make_attribute('pads', sides))


def _drop_unused(model: ModelProto) -> None:
    """What computed the sizes of the padding, mostly."""
    while True:
        used = {name for node in model.graph.node for name in node.input} | {end.name for end in model.graph.output}
        unused = [node for node in model.graph.node if not used.intersection(node.output)]
        if not unused:
            return
        for node in unused:
            model.graph.node.remove(node)

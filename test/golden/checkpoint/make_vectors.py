#!/usr/bin/env python3
"""Writes the small checkpoints that the reader is tested with. Needs PyTorch; made with 2.13.

    python3 make_vectors.py

plain.pth     a state dict: float32, float16, bfloat16, float64, int64, bool, a scalar, an empty tensor, two tensors
              that share a storage, a Parameter, and a name with dots
wrapped.pth   {"model": state dict, "epoch": 3}
legacy.pth    the format before PyTorch 1.6 (no zip): to be refused
strided.pth   a transposed tensor: to be refused
module.pth    a whole pickled module instead of a state dict: to be refused, its class never looked up
hostile.pth   a zip whose pickle calls os.system: to be refused, never executed
expected.json the numbers of plain.pth
"""
import collections
import io
import json
import pathlib
import zipfile

import torch

here = pathlib.Path(__file__).parent
torch.manual_seed(0)
base = torch.randn(3, 4)
state = collections.OrderedDict(
    [
        ("encoder.weight", base),
        ("encoder.row", base[1]),
        ("half", torch.tensor([0.0, -0.0, 1.5, -65504.0, 6e-8, 0.333])),
        ("brain", torch.randn(5).bfloat16()),
        ("double", torch.randn(2, 2, dtype=torch.float64)),
        ("steps", torch.tensor([1, -2, 2**40])),
        ("flags", torch.tensor([True, False])),
        ("scalar", torch.tensor(2.5)),
        ("empty", torch.zeros(0, 4)),
        ("parameter", torch.nn.Parameter(torch.randn(2, 3))),
    ]
)
state["half"] = state["half"].half()
torch.save(state, here / "plain.pth")
torch.save({"model": state, "epoch": 3, "lr": 0.1, "note": None}, here / "wrapped.pth")
torch.save(state, here / "legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"weight": torch.randn(3, 4).t()}, here / "strided.pth")
torch.save(torch.nn.Linear(2, 2), here / "module.pth")

command = b"\x80\x02cos\nsystem\nX\x09\x00\x00\x00touch bad\x85R."
with zipfile.ZipFile(here / "hostile.pth", "w", zipfile.ZIP_STORED) as archive:
    archive.writestr("archive/data.pkl", command)

expected = {
    name: {"shape": list(value.shape), "values": value.detach().double().flatten().tolist()}
    for name, value in state.items()
}
(here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")

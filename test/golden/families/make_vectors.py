#!/usr/bin/env python3
"""Records the names and shapes of the state dicts of all families, from the official code. Needs PyTorch; made with 2.13.

    python3 make_vectors.py <segment-anything checkout> <MobileSAM checkout> <sam-hq checkout>

state-dicts.json.gz   {family: {tensor name: shape}}
"""
import gzip
import importlib
import json
import pathlib
import sys
import types

import torch


def bare_package(name, folder):
    """A package whose __init__ is not executed: it would import predictors that the models do not need."""
    for known in [key for key in sys.modules if key == name or key.startswith(name + ".")]:
        del sys.modules[known]
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(folder) / name)]
    sys.modules[name] = package


def stand_in_for_timm():
    """The three helpers of timm that TinyViT imports; none of them changes a shape."""
    layers = types.ModuleType("timm.models.layers")
    layers.DropPath = torch.nn.Identity
    layers.to_2tuple = lambda x: x if isinstance(x, tuple) else (x, x)
    layers.trunc_normal_ = torch.nn.init.trunc_normal_
    registry = types.ModuleType("timm.models.registry")
    registry.register_model = lambda function: function
    for name, module in [
        ("timm", types.ModuleType("timm")),
        ("timm.models", types.ModuleType("timm.models")),
        ("timm.models.layers", layers),
        ("timm.models.registry", registry),
    ]:
        sys.modules[name] = module


sam, mobile, hq = sys.argv[1:4]
stand_in_for_timm()
families = {}
for folder, package, members in [
    (sam, "segment_anything", {"sam-vit-b": "vit_b", "sam-vit-l": "vit_l", "sam-vit-h": "vit_h"}),
    (mobile, "mobile_sam", {"mobile-sam": "vit_t"}),
    (hq, "segment_anything", {"hq-vit-b": "vit_b", "hq-vit-l": "vit_l", "hq-vit-h": "vit_h", "hq-tiny": "vit_t"}),
]:
    bare_package(package, folder)
    builders = importlib.import_module(package + ".build_sam")
    for family, builder in members.items():
        with torch.device("cpu" if builder == "vit_t" else "meta"):
            state = getattr(builders, "build_sam_" + builder)().state_dict()
        families[family] = {name: list(tensor.shape) for name, tensor in state.items()}
        print(family, len(state))

text = json.dumps(families, separators=(",", ":")).encode()
with open(pathlib.Path(__file__).parent / "state-dicts.json.gz", "wb") as file:
    file.write(gzip.compress(text, mtime=0))

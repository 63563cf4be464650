#!/usr/bin/env python3
"""Exports a model of golden/models the way SAM's users do: decoder.onnx with the authors' SamOnnxModel, encoder.onnx from
the image encoder.

    python3 make_exports.py SEGMENT_ANYTHING_CHECKOUT                                 sam.pth, next to this file
    python3 make_exports.py SEGMENT_ANYTHING_CHECKOUT --full sam-vit-b.pth --out DIRECTORY    a SAM ViT-B in full

SEGMENT_ANYTHING_CHECKOUT is a clone of github.com/facebookresearch/segment-anything; needs PyTorch and onnx;
made with PyTorch 2.13 and opset 17, as in the authors' scripts/export_onnx_model.py.

encoder.onnx           the image encoder as it is: normalised planes, 0 where there is no image
decoder.onnx           all masks, as the authors export it without --return-single-mask

Without --full they are compressed (.gz).
"""
import argparse
import gzip
import pathlib
import sys
import types
import warnings
from functools import partial

import torch

here = pathlib.Path(__file__).parent
parser = argparse.ArgumentParser()
parser.add_argument("checkout")
parser.add_argument("--full", type=pathlib.Path)
parser.add_argument("--raw", action="store_true", help="encoder-raw.onnx too, which normalises by itself")
parser.add_argument("--single", action="store_true", help="decoder-single.onnx too, with --return-single-mask")
parser.add_argument("--out", type=pathlib.Path, default=here)
arguments = parser.parse_args()
# The package's own __init__ needs torchvision; these modules do not.
sys.modules["segment_anything"] = types.ModuleType("segment_anything")
sys.modules["segment_anything"].__path__ = [str(pathlib.Path(arguments.checkout, "segment_anything"))]
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer  # noqa: E402
from segment_anything.utils.onnx import SamOnnxModel  # noqa: E402

SMALL = dict(image=64, patch=8, window=3, mlp_ratio=2, channels=16, mlp=24, iou=12, mask_in=8, dim=32, depth=4, heads=2)
SMALL |= dict(blocks=[1, 3])
FULL = dict(image=1024, patch=16, window=14, mlp_ratio=4, channels=256, mlp=2048, iou=256, mask_in=16)
FULL |= dict(dim=768, depth=12, heads=12, blocks=[2, 5, 8, 11])


def build(size):
    grid = size["image"] // size["patch"]
    transformer = TwoWayTransformer(depth=2, embedding_dim=size["channels"], num_heads=8, mlp_dim=size["mlp"])
    common = dict(transformer=transformer, transformer_dim=size["channels"])
    return Sam(
        ImageEncoderViT(
            img_size=size["image"],
            patch_size=size["patch"],
            embed_dim=size["dim"],
            depth=size["depth"],
            num_heads=size["heads"],
            mlp_ratio=size["mlp_ratio"],
            out_chans=size["channels"],
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
            window_size=size["window"],
            global_attn_indexes=size["blocks"],
        ),
        PromptEncoder(size["channels"], (grid, grid), (size["image"],) * 2, size["mask_in"]),
        MaskDecoder(**common, iou_head_depth=3, iou_head_hidden_dim=size["iou"]),
    ).eval()


class RawEncoder(torch.nn.Module):
    """Takes colours of 0 to 255, padded."""

    def __init__(self, sam):
        super().__init__()
        self.sam = sam

    def forward(self, x):
        return self.sam.image_encoder((x - self.sam.pixel_mean) / self.sam.pixel_std)


def export(model, inputs, outputs, path, **options):
    torch.onnx.export(
        model,
        tuple(inputs.values()),
        path,
        input_names=list(inputs),
        output_names=outputs,
        opset_version=17,
        dynamo=False,
        **options,
    )


def export_decoder(sam, size, path, single):
    grid = size["image"] // size["patch"]
    inputs = {
        "image_embeddings": torch.randn(1, size["channels"], grid, grid),
        "point_coords": torch.rand(1, 5, 2) * size["image"],
        "point_labels": torch.randint(0, 4, (1, 5)).float(),
        "mask_input": torch.randn(1, 1, 4 * grid, 4 * grid),
        "has_mask_input": torch.ones(1),
        "orig_im_size": torch.tensor([48.0, 64.0]),
    }
    outputs = ["masks", "iou_predictions", "low_res_masks"]
    axes = {"point_coords": {1: "num_points"}, "point_labels": {1: "num_points"}}
    export(SamOnnxModel(sam, return_single_mask=single), inputs, outputs, path, dynamic_axes=axes)


warnings.simplefilter("ignore")
torch.manual_seed(1)
size = FULL if arguments.full else SMALL
sam = build(size)
sam.load_state_dict(torch.load(arguments.full or here.parent / "models" / "sam.pth"), strict=False)
arguments.out.mkdir(parents=True, exist_ok=True)
image = torch.randn(1, 3, size["image"], size["image"])
with torch.no_grad():
    export(sam.image_encoder, {"x": image}, ["image_embeddings"], arguments.out / "encoder.onnx")
    export_decoder(sam, size, arguments.out / "decoder.onnx", False)
    if arguments.raw:
        export(RawEncoder(sam), {"input_image": image}, ["embeddings"], arguments.out / "encoder-raw.onnx")
    if arguments.single:
        export_decoder(sam, size, arguments.out / "decoder-single.onnx", True)
if not arguments.full:
    for path in arguments.out.glob("*.onnx"):
        path.with_suffix(".onnx.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        path.unlink()

#!/usr/bin/env python3
"""Writes whole models with random weights, and what the official PyTorch classes make of an image and a prompt.

    python3 make_vectors.py SAM_HQ_CHECKOUT                                       the small models, next to this file
    python3 make_vectors.py SAM_HQ_CHECKOUT --only tiny                           one of them
    python3 make_vectors.py SAM_HQ_CHECKOUT --full vit-b --out DIRECTORY          SAM ViT-B (or vit-l, hq-vit-b, tiny …) in full
    python3 make_vectors.py SAM_HQ_CHECKOUT --full vit-b --out DIRECTORY --time   also PyTorch's CPU time of the encoder
    python3 make_vectors.py SAM_HQ_CHECKOUT --full vit-h --out DIRECTORY --weights-only

SAM_HQ_CHECKOUT is a clone of github.com/SysCV/sam-hq (its image encoders are SAM's and MobileSAM's own and also give the
outputs of early blocks); needs PyTorch; made with 2.13.

sam.pth       float32; windows of 3 patches on a grid of 8, so that the last ones reach beyond it
hq.pth        HQ-SAM, float16, with DataParallel's prefix and a training script's wrapper; windows of 4 fit the grid
tiny.pth      MobileSAM, float32; windows that reach beyond the grid, fit it, and are all of it
hq-tiny.pth   HQ-SAM's tiny model, float16
<model>.json  the input, and where its tensors lie in <model>.bin (little-endian float32)
"""
import argparse
import json
import pathlib
import sys
import time
import types
from functools import partial

import torch
from tiny_vit import build_tiny_vit, encode_with_tiny_vit, roughen_tiny_vit

parser = argparse.ArgumentParser()
parser.add_argument("checkout")
parser.add_argument("--full")
parser.add_argument("--only")
parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
parser.add_argument("--time", action="store_true")
parser.add_argument("--weights-only", action="store_true")
arguments = parser.parse_args()
# The packages' own __init__ files import every encoder, with timm and torchvision; these modules need neither.
for package in ("segment_anything", "segment_anything.modeling"):
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = [str(pathlib.Path(arguments.checkout, *package.split(".")))]
from segment_anything.modeling.image_encoder import ImageEncoderViT  # noqa: E402
from segment_anything.modeling.mask_decoder import MaskDecoder  # noqa: E402
from segment_anything.modeling.mask_decoder_hq import MaskDecoderHQ  # noqa: E402
from segment_anything.modeling.prompt_encoder import PromptEncoder  # noqa: E402
from segment_anything.modeling.transformer import TwoWayTransformer  # noqa: E402

MEAN = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
STD = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
FULL = dict(image=1024, patch=16, window=14, mlp_ratio=4, channels=256, mlp=2048, iou=256, mask_in=16, half=False)
SIZES = {
    "b": dict(dim=768, depth=12, heads=12, blocks=[2, 5, 8, 11]),
    "l": dict(dim=1024, depth=24, heads=16, blocks=[5, 11, 17, 23]),
    "h": dict(dim=1280, depth=32, heads=16, blocks=[7, 15, 23, 31]),
    "tiny": dict(dims=[64, 128, 160, 320], depths=[2, 2, 6, 2], heads=[2, 4, 5, 10], windows=[7, 7, 14, 7], classes=1000),
}
SMALL = {
    "sam": dict(image=64, patch=8, window=3, mlp_ratio=2, channels=16, mlp=24, iou=12, mask_in=8, half=False)
    | dict(dim=32, depth=4, heads=2, blocks=[1, 3], hq=False),
    "hq": dict(image=128, patch=16, window=4, mlp_ratio=2, channels=32, mlp=48, iou=24, mask_in=8, half=True)
    | dict(dim=40, depth=3, heads=4, blocks=[1], hq=True),
    "tiny": dict(image=64, patch=16, mlp_ratio=2, channels=16, mlp=24, iou=12, mask_in=8, half=False, classes=3)
    | dict(dims=[8, 12, 16, 24], depths=[1, 2, 1, 1], heads=[1, 2, 2, 3], windows=[7, 5, 3, 4], hq=False),
    "hq-tiny": dict(image=64, patch=16, mlp_ratio=2, channels=16, mlp=24, iou=12, mask_in=8, half=True, classes=3)
    | dict(dims=[8, 16, 24, 32], depths=[1, 1, 1, 1], heads=[1, 2, 3, 2], windows=[7, 4, 3, 5], hq=True),
}


def build(size):
    grid = size["image"] // size["patch"]
    transformer = TwoWayTransformer(depth=2, embedding_dim=size["channels"], num_heads=8, mlp_dim=size["mlp"])
    common = dict(transformer=transformer, transformer_dim=size["channels"])
    common.update(iou_head_depth=3, iou_head_hidden_dim=size["iou"])
    model = torch.nn.ModuleDict()
    model["image_encoder"] = build_tiny_vit(size) if "dims" in size else build_vit(size)
    model["prompt_encoder"] = PromptEncoder(size["channels"], (grid, grid), (size["image"],) * 2, size["mask_in"])
    model["mask_decoder"] = MaskDecoder(**common)
    if size["hq"]:
        early_width = size["dims"][2] if "dims" in size else size["dim"]
        model["mask_decoder"] = MaskDecoderHQ(**common, vit_dim=early_width)
    return model.eval()


def build_vit(size):
    return ImageEncoderViT(
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
    )


def roughen(model):
    """Fresh models have places and biases of 0, norms of 1, and attentions that look everywhere alike; trained do not."""
    for name, parameter in model.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(parameter, std=0.2)
        elif parameter.ndim == 1 or "embed" in name:
            parameter.add_(0.1 * torch.randn_like(parameter))
        if ".q_proj.weight" in name:
            parameter.mul_(3)
        if ".qkv.weight" in name:
            parameter[: len(parameter) // 3].mul_(2)
    if hasattr(model["image_encoder"], "patches_resolution"):
        roughen_tiny_vit(model["image_encoder"])


def encode(model, image):
    """Sam.preprocess and the image encoder: uint8 [1, h, w, 3] → embedding, outputs of the global blocks."""
    encoder = model["image_encoder"]
    side = encoder.img_size
    pixels = (image.permute(0, 3, 1, 2).float() - MEAN) / STD
    pixels = torch.nn.functional.pad(pixels, (0, side - image.shape[2], 0, side - image.shape[1]))
    if hasattr(encoder, "patches_resolution"):
        return encode_with_tiny_vit(encoder, pixels, encoder.patches_resolution[0] // 4)
    return encoder(pixels)


def decode(model, size, embedding, intermediates, tensors):
    points, boxes = (tensors["point_coords"][:, :1], torch.ones(1, 1)), tensors["point_coords"][:, 1:].reshape(1, 4)
    sparse, dense = model["prompt_encoder"](points, boxes, tensors["mask_input"])
    common = dict(image_embeddings=embedding, image_pe=model["prompt_encoder"].get_dense_pe())
    common.update(sparse_prompt_embeddings=sparse, dense_prompt_embeddings=dense)
    decoder = model["mask_decoder"]
    if not size["hq"]:
        return decoder.predict_masks(**common)
    early = decoder.compress_vit_feat(intermediates[0].permute(0, 3, 1, 2))
    masks, iou = decoder.predict_masks(**common, hq_features=decoder.embedding_encoder(embedding) + early)
    return masks[:, :4] + masks[:, 4:], iou


def make(name, size):
    torch.manual_seed(1)
    model = build(size)
    roughen(model)
    state = model.half().state_dict() if size["half"] else model.state_dict()
    wrapped = {"model": {f"module.{key}": value for key, value in state.items()}, "epoch": 1} if size["half"] else state
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(wrapped, arguments.out / f"{name}.pth")
    if arguments.weights_only:
        return
    model.float()
    side = size["image"]
    mask_side = 4 * side // size["patch"]
    image = torch.randint(0, 256, (1, side * 3 // 4, side, 3), dtype=torch.uint8)
    tensors = {
        "point_coords": torch.tensor([[[0.4, 0.5], [0.2, 0.1], [0.7, 0.65]]]) * side,
        "mask_input": 4 * torch.randn(1, 1, mask_side, mask_side),
    }
    embedding, intermediates = encode(model, image)
    masks, iou = decode(model, size, embedding, intermediates, tensors)
    tensors |= {"embedding": embedding, "intermediate": intermediates[0], "masks": masks, "iou_predictions": iou}
    write(name, {"image": image.float(), **tensors})
    if arguments.time:
        torch.set_num_threads(1)
        for _ in range(3):
            start = time.process_time()
            encode(model, image)
            print(f"PyTorch {torch.__version__} {name} encoder: {time.process_time() - start:.2f} CPU s")


def write(name, tensors):
    index, blob = {}, bytearray()
    for key, tensor in tensors.items():
        index[key] = {"shape": list(tensor.shape), "offset": len(blob)}
        blob.extend(tensor.contiguous().numpy().astype("<f4").tobytes())
    (arguments.out / f"{name}.json").write_text(json.dumps(index, indent=1) + "\n")
    (arguments.out / f"{name}.bin").write_bytes(bytes(blob))


with torch.no_grad():
    if arguments.full:
        size = SIZES[arguments.full.rsplit("-", 1)[-1]]
        make(arguments.full, FULL | size | dict(hq=arguments.full.startswith("hq")))
    else:
        for name, size in SMALL.items():
            if arguments.only in (None, name):
                make(name, size)

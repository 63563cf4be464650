#!/usr/bin/env python3
"""Writes a mask decoder with random weights, prompts, and what the official PyTorch classes answer to them.

    python3 make_vectors.py SAM_HQ_CHECKOUT                                    the small decoder, next to this file
    python3 make_vectors.py SAM_HQ_CHECKOUT --full --out DIRECTORY             SAM's sizes, for bench/decoder-parity.ts
    python3 make_vectors.py SAM_HQ_CHECKOUT --full --out DIRECTORY --time 1,8,32   also the CPU time of PyTorch

SAM_HQ_CHECKOUT is a clone of github.com/SysCV/sam-hq (its MaskDecoder and PromptEncoder are SAM's own); needs PyTorch;
made with 2.13.

decoder.pth   the state dict of an HQ-SAM prompt encoder and mask decoder; without its HQ tensors it is SAM's
vectors.json  sizes, and for each case where its tensors lie in vectors.bin (little-endian float32)
"""
import argparse
import json
import pathlib
import sys
import time
import types

import torch

parser = argparse.ArgumentParser()
parser.add_argument("checkout")
parser.add_argument("--full", action="store_true")
parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
parser.add_argument("--time", default="")
arguments = parser.parse_args()
# The packages' own __init__ files import every encoder, with timm and torchvision; four modules need neither.
for package in ("segment_anything", "segment_anything.modeling"):
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = [str(pathlib.Path(arguments.checkout, *package.split(".")))]
from segment_anything.modeling.mask_decoder import MaskDecoder  # noqa: E402
from segment_anything.modeling.mask_decoder_hq import MaskDecoderHQ  # noqa: E402
from segment_anything.modeling.prompt_encoder import PromptEncoder  # noqa: E402
from segment_anything.modeling.transformer import TwoWayTransformer  # noqa: E402

torch.manual_seed(0)
SMALL = dict(image=64, channels=32, mlp=48, iou=24, mask_in=8, encoder=12)
FULL = dict(image=1024, channels=256, mlp=2048, iou=256, mask_in=16, encoder=768)
size = FULL if arguments.full else SMALL
image_size, channels = size["image"], size["channels"]
grid, mask_size = image_size // 16, image_size // 4


def transformer():
    return TwoWayTransformer(depth=2, embedding_dim=channels, num_heads=8, mlp_dim=size["mlp"])


decoder_sizes = dict(transformer_dim=channels, iou_head_depth=3, iou_head_hidden_dim=size["iou"])
prompt_encoder = PromptEncoder(channels, (grid, grid), (image_size, image_size), size["mask_in"])
hq_decoder = MaskDecoderHQ(transformer=transformer(), vit_dim=size["encoder"], **decoder_sizes)
sam_decoder = MaskDecoder(transformer=transformer(), **decoder_sizes)

# Fresh modules have norms of 1 and 0, and attentions that look everywhere alike; trained ones do not.
for module in (prompt_encoder, hq_decoder):
    for name, parameter in module.named_parameters():
        with torch.no_grad():
            if parameter.ndim == 1 or "embed" in name:
                parameter.add_(0.1 * torch.randn_like(parameter))
            if ".q_proj.weight" in name:
                parameter.mul_(3)
state = {f"prompt_encoder.{key}": value for key, value in prompt_encoder.state_dict().items()}
state.update({f"mask_decoder.{key}": value for key, value in hq_decoder.state_dict().items()})
sam_decoder.load_state_dict(
    {key: value for key, value in hq_decoder.state_dict().items() if key in sam_decoder.state_dict()}
)
arguments.out.mkdir(parents=True, exist_ok=True)
torch.save(state, arguments.out / "decoder.pth")

embedding = torch.randn(1, channels, grid, grid)
intermediate = torch.randn(1, grid, grid, size["encoder"])
features = []
for decoder in (sam_decoder, hq_decoder):
    decoder.iou_prediction_head.layers[-1].register_forward_pre_hook(lambda _, x: features.append(x[0]))


def encode_points(coordinates, labels):
    """What the official encoder makes of one prompt: [1, N, channels]. Box corners are given last."""
    points = labels < 2
    parts = []
    if points.any():
        parts.append(prompt_encoder._embed_points(coordinates[None, points], labels[None, points], pad=False))
    if not points.all():
        parts.append(prompt_encoder._embed_boxes(coordinates[None, ~points].reshape(1, 4)))
    return torch.cat(parts, dim=1)


def answer(prompt, hq):
    """Masks [1, 4 or 5, mask_size, mask_size], IoU [1, 4], features of one prompt (coordinates, labels, mask or None)."""
    coordinates, labels, mask = prompt
    _, dense = prompt_encoder(None, None, None if mask is None else mask[None])
    sparse = encode_points(coordinates, labels)
    return decode(sparse, dense, hq)


def decode(sparse, dense, hq):
    decoder = hq_decoder if hq else sam_decoder
    common = dict(
        image_embeddings=embedding,
        image_pe=prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
    )
    if not hq:
        masks, iou = decoder.predict_masks(**common)
        return masks, iou, features.pop()
    hq_features = decoder.embedding_encoder(embedding) + decoder.compress_vit_feat(intermediate.permute(0, 3, 1, 2))
    masks, iou = decoder.predict_masks(**common, hq_features=hq_features)
    found = features.pop()
    # What we call candidates is what the official forward answers, whichever it chooses.
    chosen, _ = decoder(**common, multimask_output=True, hq_token_only=False, interm_embeddings=[intermediate])
    features.pop()
    rows = torch.arange(len(masks))
    best = 1 + iou[:, 1:].argmax(dim=1)
    assert torch.allclose(chosen[:, 0], masks[rows, best] + masks[:, 4], atol=1e-5)
    return masks, iou, found


def prompts(labels, masked):
    """Random prompts of these labels; `masked` says which have a mask."""
    made = []
    for row, has in zip(labels, masked):
        coordinates = torch.randint(0, image_size, (len(row), 2)).float() + 0.25
        mask = 8 * torch.randn(1, mask_size, mask_size) if has else None
        made.append((coordinates, torch.tensor(row), mask))
    return made


index, blob = [], bytearray()


def write(name, tensor):
    data = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
    entry = {"name": name, "shape": list(tensor.shape), "offset": len(blob)}
    blob.extend(data)
    return entry


def record(name, batch, hq):
    answers = [answer(prompt, hq) for prompt in batch]
    masks, iou, iou_features = (torch.cat(parts) for parts in zip(*answers))
    tensors = [
        write("point_coords", torch.stack([prompt[0] for prompt in batch])),
        write("point_labels", torch.stack([prompt[1] for prompt in batch]).float()),
        write("mask_input", torch.stack([torch.zeros(1, mask_size, mask_size) if p[2] is None else p[2] for p in batch])),
        write("has_mask_input", torch.tensor([float(prompt[2] is not None) for prompt in batch])),
        write("masks", masks),
        write("iou_predictions", iou),
        write("iou_features", iou_features),
    ]
    index.append({"name": name, "hq": hq, "tensors": tensors})


MIXED = [[1, 0, 2, 3], [1, 0, 1, -1], [-1, -1, 2, 3], [1, -1, -1, -1], [0, 1, 1, 1], [1, -1, 2, 3], [0, 0, 0, -1]]
HAS_MASK = [True, False, True, True, False, False, True]
with torch.no_grad():
    image = [write("embedding", embedding), write("intermediate", intermediate)]
    if arguments.full:
        for hq in (False, True):
            for count in (1, 7, 32):
                labels = [MIXED[i % 7] for i in range(count)]
                record(f"{'HQ-SAM' if hq else 'SAM'}, {count} prompts", prompts(labels, [HAS_MASK[i % 7] for i in range(count)]), hq)
    else:
        record("seven prompts, some with a mask, some padded", prompts(MIXED, HAS_MASK), False)
        record("one point", prompts([[1, -1]], [False]), False)
        record("one box", prompts([[2, 3]], [False]), False)
        record("one box and its mask", prompts([[2, 3]], [True]), False)
        record("HQ: seven prompts, some with a mask, some padded", prompts(MIXED, HAS_MASK), True)
        record("HQ: one box", prompts([[2, 3]], [False]), True)
    sizes = {"imageSize": image_size, "gridSize": grid}
    (arguments.out / "vectors.json").write_text(json.dumps({**sizes, "image": image, "cases": index}, indent=1) + "\n")
    (arguments.out / "vectors.bin").write_bytes(bytes(blob))

    torch.set_num_threads(1)
    for count in [int(part) for part in arguments.time.split(",") if part]:
        points = torch.rand(count, 4, 2) * image_size
        labels, mask = torch.tensor([[1, 0, 1, -1]]).expand(count, -1), torch.randn(count, 1, mask_size, mask_size)
        for hq in (False, True):
            milliseconds = []
            for _ in range(5 if count < 32 and not hq else 3):
                start = time.process_time()
                sparse, dense = prompt_encoder((points, labels), None, mask)
                common = dict(image_embeddings=embedding, image_pe=prompt_encoder.get_dense_pe(), multimask_output=True)
                common.update(sparse_prompt_embeddings=sparse, dense_prompt_embeddings=dense)
                common.update(hq_token_only=False, interm_embeddings=[intermediate])
                (hq_decoder if hq else sam_decoder)(**common)
                milliseconds.append((time.process_time() - start) * 1000 / count)
            features.clear()
            name = "HQ-SAM" if hq else "SAM"
            print(f"PyTorch {torch.__version__} {name} B={count}: {sorted(milliseconds)[len(milliseconds) // 2]:.1f} CPU ms/mask")

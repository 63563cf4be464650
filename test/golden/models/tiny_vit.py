"""MobileSAM's TinyViT of any size, from the official class. Imported by make_vectors.py; needs no timm."""
import sys
import types

import torch


def stand_in_for_timm():
    """The helpers of timm that tiny_vit_sam.py imports; none of them changes what an evaluated model computes."""
    layers = types.ModuleType("timm.models.layers")
    layers.DropPath = torch.nn.Identity
    layers.to_2tuple = lambda x: x if isinstance(x, tuple) else (x, x)
    layers.trunc_normal_ = torch.nn.init.trunc_normal_
    registry = types.ModuleType("timm.models.registry")
    registry.register_model = lambda function: function
    modules = {"timm.models.layers": layers, "timm.models.registry": registry}
    for name in ("timm", "timm.models"):
        modules[name] = types.ModuleType(name)
    sys.modules.update(modules)


def build_tiny_vit(size):
    stand_in_for_timm()
    from segment_anything.modeling.common import LayerNorm2d
    from segment_anything.modeling.tiny_vit_sam import TinyViT

    encoder = TinyViT(
        img_size=size["image"],
        embed_dims=size["dims"],
        depths=size["depths"],
        num_heads=size["heads"],
        window_sizes=size["windows"],
        mlp_ratio=size["mlp_ratio"],
        mbconv_expand_ratio=size["mlp_ratio"],
        drop_path_rate=0.0,
        num_classes=size["classes"],
    )
    # The class knows by its published widths which merging keeps the resolution, and has SAM's channels fixed.
    encoder.layers[2].downsample.conv2.c.stride = (1, 1)
    channels = size["channels"]
    if channels != 256:
        encoder.neck = torch.nn.Sequential(
            torch.nn.Conv2d(size["dims"][-1], channels, kernel_size=1, bias=False),
            LayerNorm2d(channels),
            torch.nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False),
            LayerNorm2d(channels),
        )
    return encoder


def roughen_tiny_vit(encoder):
    """As trained: statistics that are not 0 and 1, attentions that prefer some places, no block that gives 0."""
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.3)
            torch.nn.init.uniform_(module.running_var, 0.3, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.2)
            torch.nn.init.normal_(module.bias, std=0.2)
        elif isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, std=module.in_features**-0.5)
            torch.nn.init.normal_(module.bias, std=0.1)
        elif isinstance(module, torch.nn.LayerNorm):
            module.weight.add_(0.1 * torch.randn_like(module.weight))
            module.bias.add_(0.2 * torch.randn_like(module.bias))
    for name, parameter in encoder.named_parameters():
        if name.endswith("attention_biases"):
            torch.nn.init.normal_(parameter)
    # The class keeps a table of the biases for evaluation, made of those it had before.
    encoder.train().eval()


def encode_with_tiny_vit(encoder, pixels, grid):
    """TinyViT.forward, in which the published grid of 64 is fixed: embedding, [the second stage's output]."""
    if grid == 64:
        return encoder(pixels)
    x = encoder.patch_embed(pixels)
    for index, layer in enumerate(encoder.layers):
        x = layer(x)
        if index == 1:
            early = x.view(1, grid, grid, -1)
    return encoder.neck(x.view(1, grid, grid, -1).permute(0, 3, 1, 2)), [early]

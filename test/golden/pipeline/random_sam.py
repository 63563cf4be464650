"""SAM ViT-B with fixed random weights whose masks follow the mask prompt, built from the official classes."""

import numpy as np
import torch

SEED = 1
# The prompt's share of what the decoder sees: larger than the photograph's, which is about 1 a channel.
PROMPT_GAIN = 20
# Logits that the candidates are fitted to, inside and outside of the object.
LOGIT = 6
# How much a candidate's weights, and so its logits, vary with the prompt, against their fixed part.
VARIATION = 0.1
PREDICTED_IOU_MEAN = 0.8
PREDICTED_IOU_STD = 0.08


def random_sam(registry):
    """Fresh models have places and biases of 0, norms of 1, and attentions that look everywhere alike; trained do not."""
    torch.manual_seed(SEED)
    sam = registry['vit_b']()
    with torch.no_grad():
        for name, parameter in sam.named_parameters():
            if 'rel_pos' in name or 'pos_embed' in name:
                torch.nn.init.normal_(parameter, std=0.2)
            elif parameter.ndim == 1 or 'embed' in name:
                parameter.add_(0.1 * torch.randn_like(parameter))
            if '.q_proj.weight' in name:
                parameter.mul_(3)
            if '.qkv.weight' in name:
                parameter[: len(parameter) // 3].mul_(2)
        to_channels = sam.prompt_encoder.mask_downscaling[6]
        to_channels.weight.mul_(PROMPT_GAIN * to_channels.in_channels**0.5)
    return sam


def tune_last_layers(sam, examples):
    """Random logits hug zero, and random IoU heads always choose the same candidate.

    `examples` are (decode, objects): `decode()` runs the model over prompts of one photograph, `objects` are their true
    masks on the mask grid, [masks, 256, 256], with NaN on the padding. The last bias of every candidate's hypernetwork is
    fitted by ridge regression to the objects, each candidate on other masks; the last layer's weights are scaled to
    VARIATION. The IoU head's last layer is scaled and shifted to the mean and deviation above, candidate by candidate.
    """
    decoder = sam.mask_decoder
    pixels, weights, targets, hidden, iou_hidden = [], [], [], [], []
    seen = {}
    hooks = [
        decoder.output_upscaling.register_forward_hook(lambda _m, _i, out: seen.update(pixels=out)),
        decoder.iou_prediction_head.layers[-1].register_forward_hook(lambda _m, i, _o: seen.update(iou=i[0])),
        *(
            mlp.layers[-1].register_forward_hook(lambda _m, i, _o, k=k: seen.update({k: i[0]}))
            for k, mlp in enumerate(decoder.output_hypernetworks_mlps)
        ),
    ]
    count = len(decoder.output_hypernetworks_mlps)
    with torch.no_grad():
        for decode, objects in examples:
            decode()
            for b, wanted in enumerate(objects):
                used = ~np.isnan(wanted)
                inside = wanted[used] > 0.5
                pixels.append(seen['pixels'][b].flatten(1).T[torch.from_numpy(used.ravel())].double())
                targets.append(torch.from_numpy(np.where(inside, LOGIT, -LOGIT)).double())
                weights.append(torch.from_numpy(np.where(inside, inside.sum(), (~inside).sum()) ** -0.5).double())
            hidden.append([seen[k].double() for k in range(count)])
            iou_hidden.append(seen['iou'].double())
        for hook in hooks:
            hook.remove()
        for k, mlp in enumerate(decoder.output_hypernetworks_mlps):
            chosen = [i for i in range(len(pixels)) if i % count != k]
            last = mlp.layers[-1]
            fixed = ridge(*(torch.cat([part[i] for i in chosen]) for part in (pixels, weights, targets)))
            varying = torch.cat([each[k] for each in hidden]) @ last.weight.double().T
            scale = VARIATION * fixed.norm() / (varying - varying.mean(0)).norm(dim=1).mean()
            last.weight.mul_(scale.float())
            last.bias.copy_(fixed - scale * varying.mean(0))
        last = decoder.iou_prediction_head.layers[-1]
        raw = torch.cat(iou_hidden) @ last.weight.double().T
        gain = PREDICTED_IOU_STD / raw.std(0)
        last.weight.mul_(gain[:, None].float())
        last.bias.copy_(PREDICTED_IOU_MEAN - gain * raw.mean(0))


def ridge(rows, weights, targets):
    weighted = rows * weights[:, None]
    gram = rows.T @ weighted
    return torch.linalg.solve(gram + 1e-4 * gram.diagonal().mean() * torch.eye(len(gram)), weighted.T @ targets)

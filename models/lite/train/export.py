"""Writes encoder.onnx and decoder.onnx, and checks that they equal PyTorch.

python export.py --weights run/weights.pt --out pack
"""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from conv_padding import fold_padding
from half_weights import round_to_half, store_as_half
from network import Lite
from prompt_choice import LOGIT_SCALE

OPSET = 17
INPUT_SIZE = 512
MASK_SIZE = INPUT_SIZE // 2
FEATURES = ['image_embeddings', 'high_res_s8', 'high_res_s4', 'high_res_s2', 'words']
PROMPTS = ['point_coords', 'point_labels', 'mask_input', 'has_mask_input']
OUTPUTS = ['low_res_masks', 'iou_predictions', 'iou_features']
MOST_DIFFERENT = 1e-3


class EncoderGraph(nn.Module):
    def __init__(self, model: Lite):
        super().__init__()
        self.encoder = model.encoder

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """`image` [1,3,512,512], RGB from 0 to 255. The words get a fourth axis, as all tensors of a pack have."""
        *features, words = self.encoder(image / 127.5 - 1)
        return *features, words.unsqueeze(1)


class DecoderGraph(nn.Module):
    """`point_coords` [B,N,2] in pixels of the frame, moved to their centres here; `mask_input` [B,1,256,256] logits."""

    def __init__(self, model: Lite):
        super().__init__()
        self.decoder = model.decoder

    def forward(self, embedding, at8, at4, at2, words, coords, labels, mask, has_mask) -> tuple[Tensor, ...]:
        points = (coords + 0.5) / INPUT_SIZE
        features = embedding, at8, at4, at2, words.squeeze(1)
        return self.decoder(features, points, labels, mask / LOGIT_SCALE, has_mask)


def example_prompts(count: int, slots: int, seed: int) -> tuple[Tensor, ...]:
    random = torch.Generator().manual_seed(seed)
    return (
        torch.rand(count, slots, 2, generator=random) * INPUT_SIZE,
        torch.randint(-1, 4, (count, slots), generator=random),
        torch.randn(count, 1, MASK_SIZE, MASK_SIZE, generator=random) * 20,
        torch.randint(0, 2, (count,), generator=random).float(),
    )


@torch.no_grad()
def export(model: Lite, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    image = torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)
    encoder, decoder = EncoderGraph(model).eval(), DecoderGraph(model).eval()
    how = {'opset_version': OPSET, 'dynamo': False}
    torch.onnx.export(encoder, (image,), folder / 'encoder.onnx', input_names=['image'], output_names=FEATURES, **how)
    fold_padding(folder / 'encoder.onnx', {'image': image.numpy()})
    any_count = {name: {0: 'prompts'} for name in [*PROMPTS, *OUTPUTS]}
    for name in ('point_coords', 'point_labels'):
        any_count[name][1] = 'points'
    inputs = (*encoder(image), *example_prompts(3, 5, 0))
    torch.onnx.export(
        decoder, inputs, folder / 'decoder.onnx', input_names=[*FEATURES, *PROMPTS], output_names=OUTPUTS,
        dynamic_axes=any_count, **how,
    )  # fmt: skip


@torch.no_grad()
def differences(model: Lite, folder: Path) -> dict[str, float]:
    """The largest difference between PyTorch and onnxruntime for every output, and between a prompt that is decoded
    alone and among others (`alone`), over several counts of prompts and points."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    encoder, decoder = (
        onnxruntime.InferenceSession(folder / f'{name}.onnx', options, providers=['CPUExecutionProvider'])
        for name in ('encoder', 'decoder')
    )
    image = torch.rand(1, 3, INPUT_SIZE, INPUT_SIZE, generator=torch.Generator().manual_seed(1)) * 255
    features = EncoderGraph(model).eval()(image)
    theirs = encoder.run(None, {'image': image.numpy()})
    worst = {name: _largest(a, b) for name, a, b in zip(FEATURES, features, theirs, strict=True)} | {'alone': 0.0}
    fixed = {name: feature.numpy() for name, feature in zip(FEATURES, features, strict=True)}
    for count, slots in ((1, 4), (3, 1), (8, 9)):
        prompts = example_prompts(count, slots, count)
        ours = DecoderGraph(model).eval()(*features, *prompts)
        feed = {name: value.numpy() for name, value in zip(PROMPTS, prompts, strict=True)}
        together = decoder.run(None, fixed | feed)
        alone = decoder.run(None, fixed | {name: value[:1] for name, value in feed.items()})
        for name, a, b in zip(OUTPUTS, ours, together, strict=True):
            worst[name] = max(worst.get(name, 0.0), _largest(a, b))
        worst['alone'] = max(
            worst['alone'], *(float(np.abs(a - b[:1]).max()) for a, b in zip(alone, together, strict=True))
        )
    return worst


def _largest(ours: Tensor, theirs: np.ndarray) -> float:
    return float(np.abs(ours.numpy() - theirs).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--weights', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    given = parser.parse_args()
    model = Lite()
    model.load_state_dict(torch.load(given.weights, map_location='cpu', weights_only=True))
    round_to_half(model)
    export(model.eval(), given.out)
    for name in ('encoder', 'decoder'):
        store_as_half(given.out / f'{name}.onnx')
    worst = differences(model, given.out)
    for name, difference in worst.items():
        print(f'{name}: {difference:.2e}')
    if max(difference for name, difference in worst.items() if name != 'alone') > MOST_DIFFERENT:
        raise SystemExit(f'Expected differences of at most {MOST_DIFFERENT}')


if __name__ == '__main__':
    main()

"""Makes vectors.json: the loss, the gradients and the weights that PyTorch's own autograd, MarginRankingLoss, SGD and
MultiStepLR give for an IoU adapter, trained as SAMRefiner's SAMRefiner_plus/iou_adaption_davis585.py does: the losses
of single examples are divided by the batch size and added up, then comes one step; what does not fill a last batch
never gets one.

    python make_vectors.py [--out vectors.json]        (torch 2.13, CPU)

First weights, examples and their order come from `sfc32`, the generator of src/refiner/seeded-random.ts, so that both
sides have the same numbers without storing them. `readGoldenExamples` in test/refiner/golden-examples.ts makes them.
Each training runs in float64, which ours has to meet closely, and in float32, which the official program uses.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch

WEIGHTS, SHUFFLING, DATA = 0, 1, 9
RANK, OUTPUTS, SELECTABLE = 4, 4, [1, 2, 3]
OFFICIAL = {'margin': 0.02, 'batchSize': 5, 'epochs': 1, 'learningRate': 0.01, 'momentum': 0.9,
            'weightDecay': 5e-4, 'milestones': [60, 100], 'decay': 0.1}
TRAININGS = [
    {'name': 'fifty steps with two falls of the learning rate', 'features': 24, 'examples': 10, 'seed': 7,
     'options': {**OFFICIAL, 'epochs': 25, 'milestones': [20, 35]}},
    {'name': 'a strong weight decay and a weak momentum', 'features': 16, 'examples': 25, 'seed': 8,
     'options': {**OFFICIAL, 'epochs': 10, 'weightDecay': 0.1, 'momentum': 0.5, 'milestones': [45]}},
    {'name': 'examples that do not fill the last batch', 'features': 16, 'examples': 53, 'seed': 9,
     'options': {**OFFICIAL, 'epochs': 5}},
    {'name': 'the official schedule over as many masks', 'features': 64, 'examples': 585, 'seed': 0,
     'options': OFFICIAL},
]
GRADIENTS = [
    {'name': 'the size of the published IoU head', 'features': 256, 'examples': 5, 'seed': 1, 'margin': 0.02},
    {'name': 'the size of a small head', 'features': 128, 'examples': 5, 'seed': 2, 'margin': 0.02},
    {'name': 'a wide margin, which every pair falls short of', 'features': 32, 'examples': 3, 'seed': 3, 'margin': 2},
    {'name': 'one example', 'features': 32, 'examples': 1, 'seed': 4, 'margin': 0.3},
]


def sfc32(seed, stream):
    mask = 0xffffffff
    a, b, c, counter = stream & mask, seed & mask, 0x9e3779b9, 1

    def draw():
        nonlocal a, b, c, counter
        total = (a + b + counter) & mask
        counter = (counter + 1) & mask
        a = b ^ (b >> 9)
        b = (c + (c << 3)) & mask
        c = ((((c << 21) | (c >> 11)) & mask) + total) & mask
        return total / 2 ** 32

    for _ in range(16):
        draw()
    return draw


def kaiming_uniform(rank, features, seed):
    draw = sfc32(seed, WEIGHTS)
    bound = 1 / math.sqrt(features)
    return torch.tensor([(2 * draw() - 1) * bound for _ in range(rank * features)], dtype=torch.float64).view(rank, features)


def shuffled(count, draw):
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = math.floor(draw() * (last + 1))
        order[last], order[other] = order[other], order[last]
    return order


def examples_of(count, features, seed):
    """Features as after a ReLU, predicted and true IoUs; all rounded to float32."""
    draw = sfc32(seed, DATA)

    def floats(size, value):
        return torch.from_numpy(np.array([value(draw()) for _ in range(size)], dtype=np.float32))

    return [(floats(features, lambda u: max(0, 2 * u - 1)), floats(OUTPUTS, lambda u: 0.5 + 0.5 * u),
             floats(OUTPUTS, lambda u: u)) for _ in range(count)]


def example_loss(example, lora_a, lora_b, margin_loss):
    h, ious, true_ious = (values.to(lora_a.dtype) for values in example)
    adapted = (ious[None] + torch.nn.functional.linear(torch.nn.functional.linear(h[None], lora_a), lora_b))[:, SELECTABLE]
    best = torch.argmax(true_ious[SELECTABLE]).item()
    one = torch.ones(1, dtype=lora_a.dtype)
    return sum(margin_loss(adapted[:, best], adapted[:, other], one) for other in range(len(SELECTABLE)) if other != best)


def train(case, dtype):
    options, seed = case['options'], case['seed']
    data = examples_of(case['examples'], case['features'], seed)
    lora_a = torch.nn.Parameter(kaiming_uniform(RANK, case['features'], seed).to(dtype))
    lora_b = torch.nn.Parameter(torch.zeros(OUTPUTS, RANK, dtype=dtype))
    margin_loss = torch.nn.MarginRankingLoss(margin=options['margin'], reduction='sum')
    optimizer = torch.optim.SGD([lora_a, lora_b], lr=options['learningRate'], momentum=options['momentum'],
                                weight_decay=options['weightDecay'])
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, options['milestones'], gamma=options['decay'])
    draw = sfc32(seed, SHUFFLING)
    losses, rates = [], []
    for _ in range(options['epochs']):
        batch_loss = 0
        for done, index in enumerate(shuffled(len(data), draw), 1):
            batch_loss = batch_loss + example_loss(data[index], lora_a, lora_b, margin_loss) / options['batchSize']
            if done % options['batchSize'] == 0:
                rates.append(scheduler.get_last_lr()[0])
                optimizer.zero_grad()
                batch_loss.backward()
                optimizer.step()
                scheduler.step()
                losses.append(batch_loss.item())
                batch_loss = 0
    return {'loraA': numbers(lora_a), 'loraB': numbers(lora_b), 'losses': losses, 'learningRates': rates}


def gradient(case):
    data = examples_of(case['examples'], case['features'], case['seed'])
    draw = sfc32(case['seed'], DATA + 1)
    lora_a = kaiming_uniform(RANK, case['features'], case['seed']).requires_grad_()
    lora_b = torch.tensor([draw() - 0.5 for _ in range(OUTPUTS * RANK)], dtype=torch.float64).view(OUTPUTS, RANK)
    lora_b.requires_grad_()
    margin_loss = torch.nn.MarginRankingLoss(margin=case['margin'], reduction='sum')
    loss = sum(example_loss(example, lora_a, lora_b, margin_loss) / len(data) for example in data)
    loss.backward()
    return {'loss': loss.item(), 'loraA': numbers(lora_a.grad), 'loraB': numbers(lora_b.grad)}


def on_the_edge():
    """Slopes where the lead is exactly the margin: all numbers here are exact in binary."""
    ious = torch.tensor([0.5, 0.5, 0.75, 0.25], dtype=torch.float64, requires_grad=True)
    margin_loss = torch.nn.MarginRankingLoss(margin=0.25, reduction='sum')
    loss = sum(margin_loss(ious[2:3], ious[other:other + 1], torch.ones(1)) for other in (1, 3))
    loss.backward()
    return {'ious': numbers(ious), 'best': 2, 'margin': 0.25, 'loss': loss.item(), 'slopes': numbers(ious.grad)}


def numbers(tensor):
    digits = 17 if tensor.dtype == torch.float64 else 9
    return [float(f'{value:.{digits}g}') for value in tensor.detach().flatten().tolist()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', type=Path, default=Path(__file__).with_name('vectors.json'))
    out = parser.parse_args().out
    torch.set_num_threads(1)
    vectors = {
        'edge': on_the_edge(),
        'gradients': [{**case, 'expected': gradient(case)} for case in GRADIENTS],
        'trainings': [{**case, 'float64': train(case, torch.float64), 'float32': train(case, torch.float32)}
                      for case in TRAININGS],
    }
    out.write_text(json.dumps(vectors, separators=(',', ':')) + '\n')


if __name__ == '__main__':
    main()

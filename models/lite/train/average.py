"""Averages the weights of several runs that began from the same ones.

    python average.py --out weights.pt 0.5:run-a/weights.pt 0.5:run-b/weights.pt

Runs on few photographs each forget something else; what they have in common holds up better on pictures unlike theirs.
"""

import argparse
import math
from pathlib import Path

import torch
from torch import Tensor


def average(shares: list[tuple[float, Path]]) -> dict[str, Tensor]:
    total: dict[str, Tensor] = {}
    for share, path in shares:
        weights = torch.load(path, map_location='cpu', weights_only=True)
        if total and total.keys() != weights.keys():
            raise SystemExit(f'Expected the tensors of the first file, received others: {path}')
        for name, value in weights.items():
            total[name] = total.get(name, torch.zeros_like(value)) + share * value
    return total


def parse_share(text: str) -> tuple[float, Path]:
    share, _, path = text.partition(':')
    return float(share), Path(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('weights', nargs='+', type=parse_share, help='SHARE:FILE; the shares make 1')
    given = parser.parse_args()
    if not math.isclose(sum(share for share, _ in given.weights), 1, abs_tol=1e-6):
        raise SystemExit('Expected shares that make 1')
    torch.save(average(given.weights), given.out)


if __name__ == '__main__':
    main()

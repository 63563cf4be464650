"""Chooses when a refined mask is trusted, from what `samrefiner eval` wrote about held-out images with no limits set.

    samrefiner eval --data held-out --model pack --min-width-cells 3 --min-agreement 0 --min-predicted-iou 0 \\
        --min-stability 0 --masks-out masks.jsonl
    python thresholds.py masks.jsonl

Prints the limits of pack.json's `defaults` with which the mean IoU over sets is greatest while at most 11 % of the
masks, in the mean of the sets, lose more than 0.01; among equals the most cautious. Masks that are
too thin to be refined count as they are.
"""

import argparse
import itertools
import json
from pathlib import Path

import numpy as np

MOST_WORSE = 0.11
NOTICEABLE = 0.01
AGREEMENTS = np.arange(0.3, 0.81, 0.05)
PREDICTIONS = np.arange(0.5, 0.96, 0.01)
STABILITIES = np.arange(0.5, 0.96, 0.01)


def _mean_of_sets(values: np.ndarray, names: np.ndarray) -> float:
    return float(np.mean([values[names == name].mean() for name in np.unique(names)]))


def choose(scores: list[dict]) -> dict[str, float]:
    rough, refined, agreement, predicted, stability = (
        np.array([score[key] if score[key] is not None else 0.0 for score in scores])
        for key in ('coarseIou', 'refinedIou', 'agreementIou', 'predictedIou', 'stability')
    )
    names = np.array([score['set'] for score in scores])
    best: tuple[tuple[float, ...], dict[str, float]] | None = None
    for limits in itertools.product(AGREEMENTS, PREDICTIONS, STABILITIES):
        trusted = (agreement >= limits[0]) & (predicted >= limits[1]) & (stability >= limits[2])
        result = np.where(trusted, refined, rough)
        worse = _mean_of_sets(result < rough - NOTICEABLE, names)
        mean = _mean_of_sets(result, names)
        rank = (-max(0.0, worse - MOST_WORSE), round(mean, 4), *limits)
        if best is None or rank > best[0]:
            figures = dict(zip(('minAgreement', 'minPredictedIou', 'minStability'), limits, strict=True))
            figures |= {'meanIou': mean, 'roughIou': rough.mean(), 'worse': worse, 'trusted': trusted.mean()}
            best = rank, {name: round(float(value), 4) for name, value in figures.items()}
    if best is None:
        raise ValueError('Expected at least one mask')
    return best[1]


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('masks', type=Path)
    given = parser.parse_args()
    scores = [json.loads(line) for line in given.masks.read_text().splitlines()]
    print(json.dumps(choose(scores)))

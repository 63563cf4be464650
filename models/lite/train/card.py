"""The model card of pack.json: its story from card.json, its figures from what measured them.

samrefiner eval --data EVAL --model pack --format json > eval.json
node build/bench/pointing.js EVAL pack 5 > pointing.txt
python card.py --pack pack --eval eval.json --pointing pointing.txt --date 2026-11-21
"""

import argparse
import json
import re
from pathlib import Path

STORY = Path(__file__).parent / 'card.json'
# Fields of the card by those of eval's row.
FROM_EVAL = {
    'roughIou': 'coarseIou',
    'refinedIou': 'refinedIou',
    'roughBoundaryIou': 'coarseBoundaryIou',
    'refinedBoundaryIou': 'refinedBoundaryIou',
    'better': 'betterShare',
    'worse': 'worseShare',
}
FROM_POINTING = {'boxOnlyIou': 'box', 'clickOnlyIou': 'click'}


def figures(evaluated: dict, pointing: str, date: str) -> dict[str, str | float]:
    """The mean over sets of one run of `eval --format json` and one of `bench/pointing`."""
    rows = evaluated['rows']
    mean = next(row for row in rows if row['set'] == 'mean of sets')
    how = f'samrefiner eval and bench/pointing: {len(rows) - 2} sets, {mean["n"]} rough masks, mean of the sets'
    result = {'how': how, 'date': date} | {ours: round(mean[theirs], 3) for ours, theirs in FROM_EVAL.items()}
    for field, way in FROM_POINTING.items():
        found = re.search(rf'^{way}, served: mean of \d+ sets ([\d.]+)$', pointing, re.MULTILINE)
        if found is None:
            raise SystemExit(f'Expected a line "{way}, served: ..." in the output of bench/pointing')
        result[field] = float(found[1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pack', type=Path, required=True)
    parser.add_argument('--eval', type=Path, required=True)
    parser.add_argument('--pointing', type=Path, required=True)
    parser.add_argument('--date', required=True, help='of the measurement')
    given = parser.parse_args()
    path = given.pack / 'pack.json'
    pack = json.loads(path.read_text())
    measured = figures(json.loads(given.eval.read_text()), given.pointing.read_text(), given.date)
    pack['card'] = json.loads(STORY.read_text()) | {'figures': measured}
    path.write_text(json.dumps(pack, indent=2) + '\n')


if __name__ == '__main__':
    main()

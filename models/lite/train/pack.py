"""Writes pack.json beside the exported graphs: that of an earlier pack with new files, version, story and limits.

python pack.py --pack pack --like ../pack.json --version 0.2.0 --how-made "..." \\
    --min-width-cells 3 --min-agreement 0.5 --min-predicted-iou 0.7 --min-stability 0.8
"""

import argparse
import hashlib
import json
from pathlib import Path

from appearance import WORDS
from decoder import CANDIDATES
from encoder import DETAIL_CHANNELS, EMBEDDING_CHANNELS
from export import FEATURES, INPUT_SIZE, MASK_SIZE


def described(path: Path) -> dict[str, str | int]:
    content = path.read_bytes()
    return {'path': path.name, 'bytes': len(content), 'sha256': hashlib.sha256(content).hexdigest()}


def feature_shapes() -> list[dict]:
    channels = [(16, EMBEDDING_CHANNELS), *((stride, DETAIL_CHANNELS[stride]) for stride in (8, 4, 2))]
    shapes = [[1, count, INPUT_SIZE // stride, INPUT_SIZE // stride] for stride, count in channels]
    shapes.append([1, 1, (INPUT_SIZE // 4) ** 2, WORDS])
    return [{'tensor': name, 'shape': shape} for name, shape in zip(FEATURES, shapes, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pack', type=Path, required=True, help='the folder with encoder.onnx and decoder.onnx')
    parser.add_argument('--like', type=Path, required=True, help='pack.json to take everything else from')
    parser.add_argument('--version', required=True)
    parser.add_argument('--how-made', required=True)
    parser.add_argument('--min-width-cells', type=float, required=True)
    parser.add_argument('--min-agreement', type=float, required=True)
    parser.add_argument('--min-predicted-iou', type=float, required=True)
    parser.add_argument('--min-stability', type=float, required=True)
    parser.add_argument('--prompts-per-run', type=int, default=1)
    given = parser.parse_args()
    pack = json.loads(given.like.read_text())
    pack |= {'version': given.version, 'howMade': given.how_made}
    pack['encoder']['outputs'] = feature_shapes()
    pack['decoder'] |= {
        'pointSlots': None,
        'promptsPerRun': given.prompts_per_run,
        'candidateCount': CANDIDATES,
        'maskSize': MASK_SIZE,
        'iouFeatureCount': EMBEDDING_CHANNELS,
    }
    pack['defaults'] |= {
        'minWidthCells': given.min_width_cells,
        'minAgreement': given.min_agreement,
        'minPredictedIou': given.min_predicted_iou,
        'minStability': given.min_stability,
    }
    pack['files'] = [described(given.pack / name) for name in ('encoder.onnx', 'decoder.onnx')]
    (given.pack / 'pack.json').write_text(json.dumps(pack, indent=2) + '\n')


if __name__ == '__main__':
    main()

"""Writes vectors.json: random RGB images and what Pillow's bilinear resize makes of them.

Made with Pillow 12.3.0 by: python make_vectors.py
"""
import base64
import json
import pathlib

import numpy as np
import PIL
from PIL import Image

SIZES = [
    ((40, 30), (16, 12)),  # smaller
    ((33, 47), (7, 10)),  # much smaller, sides that do not divide
    ((16, 12), (41, 31)),  # larger
    ((5, 3), (50, 30)),  # much larger
    ((30, 20), (30, 13)),  # the height alone
    ((30, 20), (17, 20)),  # the width alone
    ((64, 1), (16, 1)),  # one row
    ((1, 50), (1, 9)),  # one column
    ((200, 4), (51, 1)),  # down to one row
    ((1, 1), (8, 8)),
    ((37, 11), (36, 12)),  # smaller in one direction, larger in the other
]


def encode(image: Image.Image) -> dict:
    return {
        "width": image.width,
        "height": image.height,
        "rgb": base64.b64encode(image.tobytes()).decode(),
    }


def main() -> None:
    random = np.random.default_rng(512)
    cases = []
    for (width, height), target in SIZES:
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        image = Image.fromarray(pixels, "RGB")
        cases.append({"source": encode(image), "target": encode(image.resize(target, Image.BILINEAR))})
    saturated = Image.fromarray(np.full((9, 9, 3), 255, np.uint8), "RGB")
    cases.append({"source": encode(saturated), "target": encode(saturated.resize((23, 4), Image.BILINEAR))})
    path = pathlib.Path(__file__).with_name("vectors.json")
    path.write_text(json.dumps({"madeWith": f"Pillow {PIL.__version__}", "cases": cases}) + "\n")


main()

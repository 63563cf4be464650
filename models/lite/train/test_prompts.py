"""The prompts of training against those of src/refiner, which test/golden/training-prompts/make-vectors.ts wrote."""

import json
import unittest
from pathlib import Path

import numpy as np

from prompts import Frame, grown_box, mask_prompt, negative_point, positive_point, tight_box

VECTORS = Path(__file__).parents[3] / 'test/golden/training-prompts/vectors.json'
INPUT_SIZE, MASK_SIZE, CELL_STEP = 128, 64, 19


def mask_of(vector: dict) -> np.ndarray:
    values = np.arange(len(vector['runs'])) % 2
    return np.repeat(values, vector['runs']).astype(np.uint8).reshape(vector['height'], vector['width'])


class PromptsAreThoseOfTheRefiner(unittest.TestCase):
    def setUp(self) -> None:
        self.cases = [
            (vector, mask_of(vector), Frame(vector['width'], vector['height'], INPUT_SIZE, MASK_SIZE))
            for vector in json.loads(VECTORS.read_text())
        ]
        self.assertGreater(len(self.cases), 20)

    def test_points_are_the_same_pixels(self) -> None:
        for vector, mask, _ in self.cases:
            negative = negative_point(mask)
            self.assertEqual(list(positive_point(mask)), vector['positive'])
            self.assertEqual(negative and list(negative), vector['negative'])

    def test_boxes_are_the_same_tight_and_grown(self) -> None:
        for vector, mask, frame in self.cases:
            self.assertEqual(list(tight_box(mask)), vector['tightBox'])
            self.assertEqual(list(grown_box(tight_box(mask), frame, (True,) * 4)), vector['grownBox'])

    def test_points_lie_at_the_same_place_in_the_frame(self) -> None:
        for vector, mask, frame in self.cases:
            x0, y0, x1, y1 = tight_box(mask)
            pixels = np.array([positive_point(mask), (x0, y0), (x1, y1)])
            np.testing.assert_allclose(frame.to_frame(pixels).ravel(), vector['frameCoords'], atol=1e-4)

    def test_mask_prompts_have_the_same_logits(self) -> None:
        for vector, mask, frame in self.cases:
            logits = mask_prompt(mask, positive_point(mask), frame, vector['amplitude'])
            self.assertEqual(int((logits > 0).sum()), vector['positiveCells'])
            np.testing.assert_allclose(logits.ravel()[::CELL_STEP], vector['logits'], atol=2e-3)


if __name__ == '__main__':
    unittest.main()

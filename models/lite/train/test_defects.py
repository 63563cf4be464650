"""Defects on the masks that break them."""

import unittest

import numpy as np

from defects import DEFECTS, Scene, depth


class DefectsTest(unittest.TestCase):
    def test_a_mask_that_fills_its_picture_has_a_finite_depth(self):
        self.assertEqual(depth(np.ones((5, 9), np.uint8)).max(), 9)

    def test_every_defect_takes_a_mask_that_fills_its_picture(self):
        full = np.ones((24, 40), np.uint8)
        scene = Scene(full, np.zeros_like(full), 30.0)
        for defect, _share in DEFECTS:
            with self.subTest(defect.__name__):
                worse = defect(scene, full, np.random.default_rng(0))
                self.assertEqual((worse.shape, worse.dtype), (full.shape, full.dtype))


if __name__ == '__main__':
    unittest.main()

"""What the words of a picture say of its cells, and what clicks and boxes do."""

import unittest

import torch

from appearance import RATIO_MAPS, Evidence, Words, log_ratios

SIDE = 32


def halves() -> tuple[torch.Tensor, torch.Tensor]:
    """A picture [1,3,128,128] red on its left half and green on its right, and a rough mask of a part of the left."""
    picture = torch.full((1, 3, 4 * SIDE, 4 * SIDE), -0.8)
    picture[:, 0, :, : 2 * SIDE] = 0.8
    picture[:, 1, :, 2 * SIDE :] = 0.8
    rough = torch.zeros(1, 1, SIDE, SIDE)
    rough[..., 4:20, 2:14] = 1
    return picture, rough


class AppearanceTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.picture, self.rough = halves()
        self.words = Words(24)(self.picture, torch.zeros(1, 24, SIDE, SIDE))

    def test_a_cell_s_words_of_each_kind_make_one(self):
        self.assertTrue(torch.allclose(self.words.sum(-1), torch.tensor(2.0)))

    def test_cells_that_look_like_the_object_speak_for_it_and_others_against(self):
        ratios = log_ratios(self.words, self.rough)
        self.assertEqual(ratios.shape, (1, RATIO_MAPS, SIDE, SIDE))
        by_colour = ratios[0, :2]
        self.assertGreater(by_colour[..., : SIDE // 2].min(), 0.1)
        self.assertLess(by_colour[..., SIDE // 2 :].max(), -0.5)

    def maps(self, points, labels, mask=None):
        """The maps of stride 4."""
        has = torch.tensor([0.0 if mask is None else 1.0])
        mask = torch.zeros(1, 1, 2 * SIDE, 2 * SIDE) if mask is None else mask
        return Evidence(8)(self.words, torch.tensor([points]), torch.tensor([labels]), mask, has)[2][0]

    def test_a_box_says_where_to_look_and_its_words_speak(self):
        *ratios, inside, on, beside, rough = self.maps([[0.125, 0.25], [0.375, 0.5]], [2, 3])
        self.assertEqual(inside.sum(), (SIDE / 4) ** 2)
        self.assertEqual(inside[SIDE // 4 : SIDE // 2, SIDE // 8 : 3 * SIDE // 8].min(), 1)
        self.assertGreater(ratios[0][0, 0], ratios[0][0, -1])
        self.assertEqual(on.abs().max() + beside.abs().max() + rough.abs().max(), 0)

    def test_where_there_is_a_mask_it_is_drawn_and_the_box_is_not(self):
        mask = torch.nn.functional.interpolate(self.rough * 2 - 1, scale_factor=2)
        *_, inside, _on, _beside, rough = self.maps([[0.125, 0.25], [0.375, 0.5]], [2, 3], mask)
        self.assertEqual(inside.abs().max(), 0)
        self.assertTrue(torch.equal(rough, self.rough[0, 0]))

    def test_clicks_are_bells_of_their_sign_and_padding_is_none(self):
        maps = self.maps([[0.25, 0.75], [0.5, 0.25], [0.9, 0.9]], [1, 0, -1])
        *ratios, inside, on, beside, _rough = maps
        self.assertEqual(max(ratio.abs().max() for ratio in ratios) + inside.abs().max(), 0)
        self.assertEqual(divmod(int(on.argmax()), SIDE)[0] // 8, 2)
        self.assertEqual(divmod(int(beside.argmax()), SIDE)[0] // 4, 1)
        without_padding = self.maps([[0.25, 0.75], [0.5, 0.25]], [1, 0])
        self.assertTrue(torch.equal(maps, without_padding))


if __name__ == '__main__':
    unittest.main()

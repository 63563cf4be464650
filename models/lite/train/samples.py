"""Training samples: one view of a photograph and a few objects in it, each with a rough mask and prompts."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from composites import draw_thin_object, paste_object
from photographs import VOID, Entry, Photograph, draw_weights, read_photograph
from photometry import changed_light
from prompt_choice import draw_prompt
from prompts import Frame
from rough_masks import iou, rough_mask
from views import View, take_view

MIN_AREA_PX = 120
THIN_SHARE = 0.14
NO_PASTE_SHARE, ONE_PASTE_SHARE = 0.6, 0.3


@dataclass(frozen=True)
class Sizes:
    frame: int
    masks_per_image: int

    @property
    def mask(self) -> int:
        return self.frame // 2


class Samples(Dataset):
    """Endless: sample i depends on the seed and i alone, whoever makes it and in whatever order."""

    def __init__(self, entries: list[Entry], sizes: Sizes, seed: int, *, augment: bool = True):
        self.entries, self.sizes, self.seed = entries, sizes, seed
        self.augment = augment
        self.weights = draw_weights(entries)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self.seed, index])
        while (sample := self._sample(rng)) is None:
            pass
        return sample

    def _photograph(self, rng: np.random.Generator) -> Photograph:
        while True:
            photograph = read_photograph(self.entries[int(np.searchsorted(self.weights, rng.random()))])
            if photograph.objects:
                return photograph

    def _sample(self, rng: np.random.Generator) -> dict[str, torch.Tensor] | None:
        """None where the view holds no object of a useful size."""
        photograph = self._photograph(rng)
        image, labels = photograph.image, photograph.labels
        objects = list(photograph.objects)
        focus_ids = objects[rng.integers(len(objects))]
        draw = rng.random() if self.augment else 0.0
        pastes = 0 if draw < NO_PASTE_SHARE else 1 if draw < NO_PASTE_SHARE + ONE_PASTE_SHARE else 2
        makers = [paste_object] * pastes
        if self.augment and rng.random() < THIN_SHARE:
            makers.append(draw_thin_object)
        for maker in makers:
            composite = maker(image, labels, self._photograph(rng), rng)
            if composite is not None:
                image, labels, new_id = composite
                objects.append((new_id,))
                if maker is draw_thin_object or rng.random() < 0.5:
                    focus_ids = (new_id,)
        focus = np.isin(labels, focus_ids).astype(np.uint8)
        if np.count_nonzero(focus) < 30:
            return None
        view = take_view(image, labels, focus, self.sizes.frame, rng)
        chosen = self._objects_in(view, focus_ids, objects, rng)
        if not chosen:
            return None
        if self.augment:
            view = View(changed_light(view.image, rng), view.labels)
        return self._with_prompts(view, chosen, rng)

    def _objects_in(self, view: View, focus_ids, objects, rng: np.random.Generator) -> list[np.ndarray]:
        """Masks [H,W] 0/1 to train on: the one in focus first, then others or the same once more."""
        focus = np.isin(view.labels, focus_ids).astype(np.uint8)
        large_enough = [focus] if np.count_nonzero(focus) >= MIN_AREA_PX else []
        for k in rng.permutation(len(objects))[:12]:
            mask = np.isin(view.labels, objects[k]).astype(np.uint8)
            if objects[k] != focus_ids and np.count_nonzero(mask) >= MIN_AREA_PX:
                large_enough.append(mask)
        if not large_enough:
            return []
        chosen = [large_enough[0]]
        while len(chosen) < self.sizes.masks_per_image:
            again = rng.random() < 0.4
            chosen.append(large_enough[0 if again else rng.integers(len(large_enough))])
        return chosen

    def _with_prompts(self, view: View, chosen: list[np.ndarray], rng) -> dict[str, torch.Tensor]:
        height, width = view.labels.shape
        frame = Frame(width, height, self.sizes.frame, self.sizes.mask)
        rows = []
        for truth in chosen:
            neighbours = ((view.labels > 0) & (view.labels != VOID) & (truth == 0)).astype(np.uint8)
            rough = rough_mask(truth, neighbours, view.image, rng)
            prompt = draw_prompt(rough, truth, frame, rng)
            rows.append((truth, prompt, iou(rough, truth)))
        counted = np.zeros((self.sizes.frame, self.sizes.frame), np.float32)
        counted[:height, :width] = view.labels != VOID
        cells = (self.sizes.mask, self.sizes.mask)

        def to_cells(mask: np.ndarray) -> np.ndarray:
            framed = np.zeros_like(counted)
            framed[:height, :width] = mask
            return cv2.resize(framed, cells, interpolation=cv2.INTER_AREA)

        return {
            'image': torch.from_numpy(view.framed(self.sizes.frame)).permute(2, 0, 1),
            'extent': torch.tensor([width, height]),
            'counted': torch.from_numpy(cv2.resize(counted, cells, interpolation=cv2.INTER_AREA) == 1),
            'truth': torch.from_numpy(np.stack([to_cells(truth) for truth, _, _ in rows])),
            'points': torch.from_numpy(np.stack([prompt.points for _, prompt, _ in rows])),
            'labels': torch.from_numpy(np.stack([prompt.labels for _, prompt, _ in rows])),
            'mask': torch.from_numpy(np.stack([prompt.mask for _, prompt, _ in rows])),
            'has_mask': torch.tensor([prompt.has_mask for _, prompt, _ in rows], dtype=torch.float32),
            'rough_iou': torch.tensor([rough_iou for _, _, rough_iou in rows], dtype=torch.float32),
        }

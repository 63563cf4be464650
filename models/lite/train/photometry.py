"""Changes of light, colour and quality, as cameras, weather, microscopes and file formats make them."""

import cv2
import numpy as np


def changed_light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`image` [H,W,3] uint8 RGB, changed strongly in most draws. Same shape and type."""
    x = image.astype(np.float32)
    if rng.random() < 0.75:
        x = (x - 127) * rng.uniform(0.6, 1.4) + 127 + rng.uniform(-35, 35)
    if rng.random() < 0.4:
        x = x + rng.uniform(-25, 25, 3)
    if rng.random() < 0.3:
        grey = x.mean(2, keepdims=True)
        x = grey + (x - grey) * rng.uniform(0, 1.7)
    if rng.random() < 0.3:
        x = 255 * (np.clip(x, 0, 255) / 255) ** rng.uniform(0.6, 1.6)
    if rng.random() < 0.12:
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    elif rng.random() < 0.08:
        x = x[:, :, rng.permutation(3)]
    if rng.random() < 0.04:
        x = 255 - x
    if rng.random() < 0.15:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.4))
    if rng.random() < 0.2:
        x = x + rng.normal(0, rng.uniform(2, 14), x.shape).astype(np.float32)
    x = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        quality = int(rng.integers(25, 85))
        x = cv2.imdecode(cv2.imencode('.jpg', x, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return x

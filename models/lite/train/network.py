"""The whole model."""

from torch import nn

from decoder import Decoder
from encoder import Encoder


class Lite(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

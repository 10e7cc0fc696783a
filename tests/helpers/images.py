"""Provide blank images for plans that are made and never run."""

import numpy as np

from aebench.bench.data.datasets import EMBEDDED, Dataset
from aebench.bench.data.model_data import counts_of_images

DATA = Dataset(
    "data", np.zeros((60000, 28, 28), np.uint8), np.zeros((10000, 28, 28), np.uint8), EMBEDDED
)
COUNTS = counts_of_images(DATA)

"""Provide blank images for plans that are made and never run."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from aebench.bench.data.datasets import EMBEDDED, Dataset
from aebench.bench.data.model_data import ModelData, counts_of_images
from aebench.bench.protocol.samples import SampleSource
from aebench.reports.record import DataInfo

DATA = Dataset(
    "data", np.zeros((60000, 28, 28), np.uint8), np.zeros((10000, 28, 28), np.uint8), EMBEDDED
)
COUNTS = counts_of_images(DATA)
_NO_FILE = SampleSource("", "")
# The blank images as the samples of any model, without files.
NOWHERE = ModelData(
    DataInfo("data", 60_000, 10_000, [28, 28], "", ""),
    _NO_FILE,
    _NO_FILE,
    EMBEDDED,
    _NO_FILE,
    COUNTS.sample_bytes,
    DATA,
)
OF_ANY_MODEL: Mapping[str, ModelData] = defaultdict(lambda: NOWHERE)

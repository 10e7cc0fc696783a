"""Collect trained models' reconstructions of test images, the same images for all models."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from aebench.reports import record
from aebench.reports.summary.quality import QualityRow
from aebench.reports.summary.shared import ContenderView

# Largest number of images, and of rows or columns of an image, that a figure can show.
_MOST, _LARGEST = 20, 256


class Digits(msgspec.Struct, frozen=True):
    """Several images: the originals, or their reconstructions by one trained model.

    ``pixels`` has one byte per pixel, image by image and row by row. For the originals, ``model``
    and ``contender`` are empty.
    """

    count: int
    height: int
    width: int
    pixels: bytes
    model: str = ""
    contender: str = ""
    seed: int = 0
    test_loss: float | None = None


def digits(views: Sequence[ContenderView], trained: Sequence[QualityRow]) -> list[Digits]:
    """Return the originals, then for each model the reconstructions by its first training.

    All are from one record, the first that has reconstructions, since other records may be of
    other images. Reconstructions with another number of pixels than the header says are left out.
    Return an empty list if no record has reconstructions.
    """
    for source in dict.fromkeys(view.run for view in views):
        mine = [view for view in views if view.run == source]
        found = list(_of_run(mine, trained))
        if found:
            return [_originals(mine[0].source.header.data), *found]
    return []


def _originals(data: record.DataInfo) -> Digits:
    height, width = data.image_shape
    return Digits(len(data.examples), height, width, data.example_pixels)


def _of_run(views: Sequence[ContenderView], trained: Sequence[QualityRow]) -> Iterator[Digits]:
    data = views[0].source.header.data
    count = len(data.examples)
    if len(data.image_shape) != 2 or not 0 < count <= _MOST:
        return
    height, width = data.image_shape
    size = count * height * width
    if not (0 < height <= _LARGEST and 0 < width <= _LARGEST and len(data.example_pixels) == size):
        return
    losses = {
        (row.contender, row.model, each.seed): each.test_loss
        for row in trained
        for each in row.trainings
    }
    for model in views[0].source.header.models:
        made = (
            (view.name, event)
            for view in views
            for event in view.of(record.Reconstructions, model.name)
            if len(event.pixels) == size
        )
        for name, event in islice(made, 1):
            loss = losses.get((name, model.name, event.seed))
            yield Digits(count, height, width, event.pixels, model.name, name, event.seed, loss)

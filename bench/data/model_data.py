"""The samples of a plan's models, as files that workers map, and what the record says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from aebench.bench.data.datasets import Dataset, convert, mean_image_loss
from aebench.bench.protocol.samples import SampleSource
from aebench.reports.record import DataInfo, Header

_FLOAT_BYTES = 4


class Counts(NamedTuple):
    """How many samples there are, as far as a plan's sizes depend on it.

    ``name`` is the data's name, and ``sample_bytes`` the bytes of one sample as workers hold it.
    """

    name: str
    train: int
    test: int
    sample_bytes: int


@dataclass(frozen=True)
class ModelData:
    """The samples of one model, or of all autoencoders.

    Parameters
    ----------
    info : DataInfo
        What the record says of them.
    train, test : SampleSource
        Paths of ``.npy`` files.
    npz : Path
        The file from which a user would load the training samples.
    array_names : SampleSource
        The names of their arrays in that file.
    sample_bytes : int
        Bytes of one sample with its targets.
    images : Dataset, optional
        The images themselves, if these are the samples of autoencoders.
    """

    info: DataInfo
    train: SampleSource
    test: SampleSource
    npz: Path
    array_names: SampleSource
    sample_bytes: int
    images: Dataset | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """Return the numbers of training and of test samples."""
        return self.info.train_samples, self.info.test_samples

    @property
    def counts(self) -> Counts:
        """Return the numbers of samples."""
        info = self.info
        return Counts(info.name, info.train_samples, info.test_samples, self.sample_bytes)


def counts_of_images(dataset: Dataset) -> Counts:
    """Return the numbers of images."""
    image_bytes = int(dataset.train[0].size) * _FLOAT_BYTES
    return Counts(dataset.name, len(dataset.train), len(dataset.test), image_bytes)


def least(found: Sequence[Counts]) -> Counts:
    """Return the numbers for which sizes fit all data: the fewest samples, the most bytes."""
    fewest = min(found, key=lambda each: min(each.train, each.test))
    return Counts(
        fewest.name,
        min(each.train for each in found),
        min(each.test for each in found),
        max(each.sample_bytes for each in found),
    )


def by_model(
    names: Sequence[str], own: Mapping[str, ModelData], dataset: Dataset | None, folder: Path
) -> Mapping[str, ModelData]:
    """Return the samples of each model, by its name.

    Parameters
    ----------
    names : sequence of str
        The names of a plan's models.
    own : mapping of str to ModelData
        The samples of models that have samples of their own.
    dataset : Dataset or None
        The images for all other models; None if there are no others.
    folder : Path
        The folder for the files of the images.

    Raises
    ------
    BadInputError
        If the folder has no room for the files.
    """
    if dataset is None:
        return {name: own[name] for name in names}
    images = _of_images(dataset, folder)
    return {name: own.get(name, images) for name in names}


def described(header: Header) -> Mapping[str, ModelData]:
    """Return the samples that a record describes, without files: none of them can be used."""
    nowhere = SampleSource("", "")
    return {
        model.name: ModelData(header.data_of(model.name), nowhere, nowhere, Path(), nowhere, 0)
        for model in header.models
    }


def _of_images(dataset: Dataset, folder: Path) -> ModelData:
    arrays = convert(dataset, folder)
    info = DataInfo(
        name=dataset.name,
        choice=dataset.choice,
        train_samples=len(dataset.train),
        test_samples=len(dataset.test),
        image_shape=list(dataset.train.shape[1:]),
        train_sha256=arrays.train_sha256,
        test_sha256=arrays.test_sha256,
        notice=dataset.notice,
        examples=list(dataset.examples),
        example_pixels=dataset.example_pixels,
        mean_image_loss=mean_image_loss(dataset),
    )
    # A data set holds images and no targets: the target of an autoencoder is its input.
    train, test = str(arrays.train_path), str(arrays.test_path)
    return ModelData(
        info,
        SampleSource(train, train),
        SampleSource(test, test),
        dataset.npz.resolve(),
        SampleSource("x_train", "x_train"),
        counts_of_images(dataset).sample_bytes,
        dataset,
    )

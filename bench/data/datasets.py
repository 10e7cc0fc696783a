"""Where the images come from: the Keras cache, a download, a file, or the embedded sample."""

import gzip
import hashlib
import os
import tempfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from aebench.bench.data.archive import MOST_BYTES, Archive, Promise
from aebench.bench.data.choices import DATA, IMAGE_SHAPE
from aebench.bench.data.download import FetchError, fetch
from aebench.bench.errors import BadInputError
from aebench.bench.quoting import is_encodable, shortly
from aebench.reports.files import open_plain, size
from aebench.reports.record import DataInfo
from aebench.reports.sanitize import reason

Images = np.ndarray[Any, Any]

EMBEDDED = Path(__file__).parent / "mnist_5k.npz"
_HOST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
# The hash that Keras checks.
_MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# Keras checks no hash here; these are the ones that torchvision publishes for the same files.
_FASHION_FILES = {
    "x_train": ("train-images-idx3-ubyte.gz", "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    "x_test": ("t10k-images-idx3-ubyte.gz", "md5:bef4ecab320f06d8554ea6380940ec79"),
}
_IDX_HEADER_BYTES = 16
_EXAMPLES = 10


@dataclass(frozen=True)
class Dataset:
    """Training and test images as they were found.

    Parameters
    ----------
    name : str
        What they are called in the record.
    train, test : ndarray, shape (samples, 28, 28)
        uint8 in 0-255, or floating-point in [0, 1].
    npz : Path
        The file that a user would load, with ``x_train`` in it.
    notice : str
        Why these aren't the images asked for, or empty.
    choice : str
        What was asked for.
    examples : tuple of int
        Test images to look at: the first of each class where classes are known, else the first.
    """

    name: str
    train: Images
    test: Images
    npz: Path
    notice: str = ""
    choice: str = ""
    examples: tuple[int, ...] = ()

    @property
    def example_pixels(self) -> bytes:
        """The examples, a byte a pixel, row by row."""
        images = self.test[list(self.examples)]
        scale = 1 if images.dtype == np.uint8 else 255
        return bytes(np.rint(images * scale).astype(np.uint8).data)


def load(choice: str, train_samples: int | None, scratch: Path) -> Dataset:
    """Find the images that ``--data`` asks for.

    Parameters
    ----------
    choice : str
        ``auto``, ``mnist``, ``fashion_mnist``, ``embedded`` or the path of an ``.npz``.
    train_samples : int or None
        Use only so many training images, the first ones.
    scratch : Path
        A folder for files that a user would have and this machine hasn't.

    Raises
    ------
    BadInputError
        If they can't be had, or aren't images.
    """
    dataset = replace(_find(choice, scratch), choice=choice)
    if train_samples is None:
        return dataset
    if not 1 <= train_samples <= len(dataset.train):
        raise BadInputError(
            f"--train-samples {train_samples} is out of range: {dataset.name} has "
            f"{len(dataset.train):,} training images."
        )
    return replace(dataset, train=dataset.train[:train_samples])


def load_again(info: DataInfo, scratch: Path) -> Dataset:
    """Find the images of a record, by how they were asked for; see :func:`load`."""
    dataset = load(info.choice, None, scratch)
    if info.train_samples > len(dataset.train):
        raise BadInputError(
            f"the record was measured on {info.train_samples:,} training images, of which "
            f"{dataset.name} has {len(dataset.train):,}: put those where they were."
        )
    return replace(dataset, train=dataset.train[: info.train_samples])


def _find(choice: str, scratch: Path) -> Dataset:
    if choice == "embedded":
        return read_npz(EMBEDDED, "embedded MNIST sample")
    if choice == "mnist":
        try:
            return read_npz(_cached_mnist(), "mnist")
        except FetchError as error:
            raise BadInputError(
                f"MNIST isn't in the Keras cache and couldn't be fetched ({error}): put mnist.npz "
                f"into {keras_datasets()}, or use --data embedded."
            ) from error
    if choice == "fashion_mnist":
        return _fashion_mnist(scratch)
    if choice == "auto":
        try:
            return read_npz(_cached_mnist(), "mnist")
        except FetchError as error:
            notice = (
                "These are 5,000 embedded MNIST digits, not the full set, which isn't in the "
                f"Keras cache and couldn't be fetched ({error})."
            )
            return replace(read_npz(EMBEDDED, "embedded MNIST sample"), notice=notice)
    path = Path(choice)
    if path.suffix != ".npz":
        raise BadInputError(
            f"--data {shortly(choice)} is neither {', '.join(DATA)} nor the path of a file that "
            "ends in .npz."
        )
    return read_npz(path, path.name)


def keras_datasets() -> Path:
    """Return the folder in which Keras caches data sets."""
    home = os.environ.get("KERAS_HOME")
    if home:
        return Path(home) / "datasets"
    try:
        return Path.home() / ".keras" / "datasets"
    except RuntimeError:  # no home: Keras goes there too
        return Path(tempfile.gettempdir()) / ".keras" / "datasets"


def _cached_mnist() -> Path:
    return _cached(keras_datasets() / "mnist.npz", _MNIST_SHA256)


def _cached(path: Path, known_hash: str) -> Path:
    """Return a file of the Keras cache, fetched if it isn't there."""
    return path if os.path.lexists(path) else fetch(_HOST + path.name, known_hash, path)


def _fashion_mnist(scratch: Path) -> Dataset:
    arrays: dict[str, Images] = {}
    for name, (file_name, known_hash) in _FASHION_FILES.items():
        path = keras_datasets() / "fashion-mnist" / file_name
        try:
            content = _unpacked(_cached(path, known_hash))
        except FetchError as error:
            raise BadInputError(
                f"Fashion-MNIST isn't in the Keras cache and couldn't be fetched ({error}): put "
                f"{file_name} into {path.parent}."
            ) from error
        image_bytes = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
        count, rest = divmod(len(content) - _IDX_HEADER_BYTES, image_bytes)
        if count < 1 or rest:
            raise _no_fashion(path)
        flat = np.frombuffer(content, np.uint8, offset=_IDX_HEADER_BYTES)
        arrays[name] = flat.reshape(-1, *IMAGE_SHAPE)
    npz = scratch / "fashion_mnist.npz"
    np.savez_compressed(npz, x_train=arrays["x_train"], x_test=arrays["x_test"])
    test = arrays["x_test"]
    return Dataset("fashion_mnist", arrays["x_train"], test, npz, examples=_examples(test, None))


def _unpacked(path: Path) -> bytes:
    """Unpack a file of Fashion-MNIST's, up to a bounded size."""
    try:
        with open_plain(path, MOST_BYTES) as packed, gzip.GzipFile(fileobj=packed) as unpacked:
            content = unpacked.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _no_fashion(path) from error
    except OSError as error:
        raise BadInputError(f"{path} can't be read: {reason(error)}.") from error
    if len(content) > MOST_BYTES:
        raise BadInputError(f"{path} is larger than {size(MOST_BYTES)} once unpacked: remove it.")
    return content


def _no_fashion(path: Path) -> BadInputError:
    return BadInputError(f"{path} isn't Fashion-MNIST's: remove it, and it is fetched anew.")


def read_npz(path: Path, name: str) -> Dataset:
    """Read ``x_train`` and ``x_test`` from an ``.npz``.

    Raises
    ------
    BadInputError
        If the file isn't there, isn't an ``.npz``, lacks an array, or is larger than
        :data:`aebench.bench.data.archive.MOST_BYTES`, unpacked or not. Also if it doesn't hold
        images of 28 × 28 pixels in 0-255 (uint8) or [0, 1] (floating-point).
    """
    if not is_encodable(str(path)):
        raise BadInputError(f"{path} is no name in UTF-8, and no record can hold it: rename it.")
    with Archive(path) as archive:
        promises = archive.promises(("x_train", "x_test", "y_test"))
        for array_name in ("x_train", "x_test"):
            if array_name not in promises:
                raise BadInputError(f"{path} needs the arrays x_train and x_test.")
            _check_promise(path, array_name, promises[array_name])
        # What aren't the test images' classes needn't be read.
        told = promises.get("y_test")
        if told and (told.dtype.kind not in "iu" or told.shape != promises["x_test"].shape[:1]):
            del promises["y_test"]
        arrays = archive.take(promises)
    for array_name in ("x_train", "x_test"):
        _check_values(path, array_name, arrays[array_name])
    train, test = arrays["x_train"], arrays["x_test"]
    return Dataset(name, train, test, path, examples=_examples(test, arrays.get("y_test")))


def _examples(test: Images, classes: Images | None) -> tuple[int, ...]:
    """Choose the test images to look at."""
    if classes is None:
        return tuple(range(min(_EXAMPLES, len(test))))
    _, first = np.unique(classes, return_index=True)
    return tuple(map(int, first[:_EXAMPLES]))


def mean_image_loss(dataset: Dataset) -> float:
    """Tell the loss of answering every test image with the mean training image.

    Parameters
    ----------
    dataset : Dataset
        The images.

    Returns
    -------
    float
        The mean binary cross-entropy, pixels clipped to [1e-7, 1 - 1e-7] as Keras does: what a
        network reaches that has learnt nothing of any single image.
    """
    mean, target = (
        images.mean(axis=0, dtype=np.float64) / (255 if images.dtype == np.uint8 else 1)
        for images in (dataset.train, dataset.test)
    )
    mean = np.clip(mean, 1e-7, 1 - 1e-7)
    # Linear in the target, so that the mean test image stands for all of them.
    return float(-np.mean(target * np.log(mean) + (1 - target) * np.log1p(-mean)))


def _check_promise(path: Path, name: str, promise: Promise) -> None:
    shape, dtype = promise.shape, promise.dtype
    if dtype.kind != "f" and dtype != np.uint8:
        raise BadInputError(f"{name} in {path} is {dtype.name}: it must be uint8 or float.")
    if len(shape) != 3 or shape[1:] != IMAGE_SHAPE or not shape[0]:
        raise BadInputError(
            f"{name} in {path} has the shape {shortly(shape)}: it must be samples × 28 × 28."
        )


def _check_values(path: Path, name: str, images: Images) -> None:
    if images.dtype.kind == "f" and not (np.min(images) >= 0 and np.max(images) <= 1):
        raise BadInputError(f"{name} in {path} has values outside [0, 1] or not numbers.")


@dataclass(frozen=True)
class Arrays:
    """The images as workers map them: float32 in ``.npy`` files, and their hashes."""

    train_path: Path
    test_path: Path
    train_sha256: str
    test_sha256: str


def convert(dataset: Dataset, folder: Path) -> Arrays:
    """Write the images once as float32 in [0, 1], for workers to map.

    Parameters
    ----------
    dataset : Dataset
        The images.
    folder : Path
        Where ``train.npy`` and ``test.npy`` are written.

    Raises
    ------
    BadInputError
        If there is no room for them.
    """
    paths: list[Path] = []
    hashes: list[str] = []
    for name, images in (("train", dataset.train), ("test", dataset.test)):
        # Division in float32: a plain one makes float64 on the way, twice the memory.
        scale = np.float32(255 if images.dtype == np.uint8 else 1)
        floats = np.ascontiguousarray(np.divide(images, scale, dtype=np.float32))
        path = folder / f"{name}.npy"
        try:
            np.save(path, floats)
        except OSError as error:
            raise BadInputError(
                f"{folder.parent} has no room for temporary files ({reason(error)}): make room, "
                "or set TMPDIR to another folder."
            ) from error
        paths.append(path)
        hashes.append(hashlib.sha256(floats.data).hexdigest())
    return Arrays(paths[0], paths[1], hashes[0], hashes[1])


def scratch_folder() -> "tempfile.TemporaryDirectory[str]":
    """Make the run's own folder for arrays, caches and logs; it goes with the run.

    Raises
    ------
    BadInputError
        If none can be made.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="aebench-", ignore_cleanup_errors=True)
    except OSError as error:
        raise BadInputError(
            f"no folder for temporary files can be made ({reason(error)}): set TMPDIR to one."
        ) from error
    if not is_encodable(folder.name):
        folder.cleanup()
        raise BadInputError("TMPDIR is no name in UTF-8: set it to another folder.")
    return folder

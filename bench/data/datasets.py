"""Load images from the Keras cache, a download, a user's file, or the embedded sample."""

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
# SHA-256 of mnist.npz, which Keras checks too.
_MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# Keras checks no hash of Fashion-MNIST. torchvision publishes these hashes of the same files.
_FASHION_FILES = {
    "x_train": ("train-images-idx3-ubyte.gz", "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    "x_test": ("t10k-images-idx3-ubyte.gz", "md5:bef4ecab320f06d8554ea6380940ec79"),
}
_IDX_HEADER_BYTES = 16
_EXAMPLES = 10


@dataclass(frozen=True)
class Dataset:
    """Hold training and test images with the type and range that their source has.

    Parameters
    ----------
    name : str
        The data set's name in the record.
    train, test : ndarray, shape (samples, 28, 28)
        uint8 in 0-255, or floating-point in [0, 1].
    npz : Path
        The file from which a user would load the images as ``x_train``.
    notice : str
        Why these aren't the images that the user asked for; empty if they are.
    choice : str
        The value of ``--data``.
    examples : tuple of int
        Indices of the test images that reports show: the first image of every class, or simply
        the first images if no classes are known.
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
        """Return the pixels of the example images, one byte per pixel, row by row."""
        images = self.test[list(self.examples)]
        scale = 1 if images.dtype == np.uint8 else 255
        return bytes(np.rint(images * scale).astype(np.uint8).data)


def load(choice: str, train_samples: int | None, scratch: Path) -> Dataset:
    """Load the images that ``--data`` asks for.

    Parameters
    ----------
    choice : str
        ``auto``, ``mnist``, ``fashion_mnist``, ``embedded`` or the path of an ``.npz``.
    train_samples : int or None
        Use only this number of training images, from the first on; None uses all.
    scratch : Path
        A folder for an ``.npz`` where the source has none (Fashion-MNIST).

    Raises
    ------
    BadInputError
        If the images can't be read or fetched, or the file doesn't hold images.
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
    """Load the images of a record, from the ``--data`` of its run; see :func:`load`."""
    dataset = load(info.choice, None, scratch)
    if info.train_samples > len(dataset.train):
        raise BadInputError(
            f"the record was measured on {info.train_samples:,} training images, of which "
            f"{dataset.name} has {len(dataset.train):,}: put the former images back."
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
    except RuntimeError:  # there is no home folder: do as Keras does
        return Path(tempfile.gettempdir()) / ".keras" / "datasets"


def _cached_mnist() -> Path:
    return _cached(keras_datasets() / "mnist.npz", _MNIST_SHA256)


def _cached(path: Path, known_hash: str) -> Path:
    """Return the path of a file in the Keras cache; fetch the file if it isn't there."""
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
    """Unpack a gzip file of Fashion-MNIST; refuse more than :data:`MOST_BYTES`."""
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
    return BadInputError(
        f"{path} isn't a file of Fashion-MNIST: remove it, and the next run fetches it again."
    )


def read_npz(path: Path, name: str) -> Dataset:
    """Read ``x_train`` and ``x_test`` from an ``.npz``.

    Raises
    ------
    BadInputError
        If the file isn't there, isn't an ``.npz`` or lacks an array. If it is larger than
        :data:`aebench.bench.data.archive.MOST_BYTES`, packed or unpacked. If it doesn't hold
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
        # Only whole numbers, one per test image, can be classes: other arrays aren't unpacked.
        classes = promises.get("y_test")
        samples = promises["x_test"].shape[:1]
        if classes and (classes.dtype.kind not in "iu" or classes.shape != samples):
            del promises["y_test"]
        arrays = archive.take(promises)
    for array_name in ("x_train", "x_test"):
        _check_values(path, array_name, arrays[array_name])
    train, test = arrays["x_train"], arrays["x_test"]
    return Dataset(name, train, test, path, examples=_examples(test, arrays.get("y_test")))


def _examples(test: Images, classes: Images | None) -> tuple[int, ...]:
    """Return the indices of the test images that reports show."""
    if classes is None:
        return tuple(range(min(_EXAMPLES, len(test))))
    _, first = np.unique(classes, return_index=True)
    return tuple(map(int, first[:_EXAMPLES]))


def mean_image_loss(dataset: Dataset) -> float:
    """Return the test loss of a network that returns the mean training image for every image.

    Such a network has learnt nothing about single images.

    Parameters
    ----------
    dataset : Dataset
        The images.

    Returns
    -------
    float
        The mean binary cross-entropy, with pixels clipped to [1e-7, 1 - 1e-7] as in Keras.
    """
    mean, target = (
        images.mean(axis=0, dtype=np.float64) / (255 if images.dtype == np.uint8 else 1)
        for images in (dataset.train, dataset.test)
    )
    mean = np.clip(mean, 1e-7, 1 - 1e-7)
    # The loss is linear in the target: the loss of the mean test image is the mean loss.
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
    """Hold the paths and SHA-256 hashes of the float32 ``.npy`` files that workers map."""

    train_path: Path
    test_path: Path
    train_sha256: str
    test_sha256: str


def convert(dataset: Dataset, folder: Path) -> Arrays:
    """Write the images as float32 in [0, 1] to files that all workers map into their memory.

    Parameters
    ----------
    dataset : Dataset
        The images.
    folder : Path
        The folder for ``train.npy`` and ``test.npy``.

    Raises
    ------
    BadInputError
        If the folder has no room for the files.
    """
    paths: list[Path] = []
    hashes: list[str] = []
    for name, images in (("train", dataset.train), ("test", dataset.test)):
        # Without dtype, NumPy would divide in float64, which takes twice the memory.
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
    """Make a temporary folder for a run's arrays, caches and logs, removed when the run ends.

    Raises
    ------
    BadInputError
        If no folder can be made.
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

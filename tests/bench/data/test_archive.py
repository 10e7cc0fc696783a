"""Test that archives with false or too large sizes are refused before they are unpacked."""

import gzip
import io
import os
import resource
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aebench.bench.data import archive, datasets
from aebench.bench.errors import BadInputError

IMAGES = np.arange(40 * 784).astype(np.uint8).reshape(40, 28, 28)


def header(shape=IMAGES.shape, dtype=np.uint8) -> bytes:
    file = io.BytesIO()
    told = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, told)
    return file.getvalue()


WHOLE = header() + IMAGES.tobytes()


def write(path: Path, *members: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def of_train(path: Path, content: bytes) -> Path:
    """Write an archive whose training images are the given bytes; return its path."""
    return write(path, ("x_train.npy", content), ("x_test.npy", WHOLE))


def refused(path: Path | str, samples: int | None = None) -> str:
    with pytest.raises(BadInputError) as error:
        datasets.load(str(path), samples, Path("unused"))
    text = str(error.value)
    assert text.endswith(".") and not text.endswith("None.") and "\n" not in text
    return text


@pytest.fixture(scope="module")
def bomb(tmp_path_factory) -> Path:
    """Write an archive of 4 MB that unpacks to 4 GB; return its path."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.npz"
    zeros = bytes(784 * 2**14)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name in ("x_train.npy", "x_test.npy"):
            with file.open(name, "w", force_zip64=True) as member:
                member.write(header((160 * 2**14, 28, 28)))
                for _ in range(160):
                    member.write(zeros)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("samples", [None, 100])
def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(bomb, samples):
    assert bomb.stat().st_size < 2**25
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "are larger than 1 GiB once unpacked" in refused(bomb, samples)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**16  # KiB


def test_the_bound_is_of_all_arrays_together(tmp_path, monkeypatch):
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=IMAGES, x_test=IMAGES)
    monkeypatch.setattr(archive, "MOST_BYTES", 2 * IMAGES.nbytes - 1)
    assert "larger than" in refused(path)
    # The unpacked arrays would be small enough, but the file itself is too large.
    monkeypatch.setattr(archive, "MOST_BYTES", path.stat().st_size - 1)
    assert "can't be read: it is larger than" in refused(path)


def test_what_is_no_plain_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "loop.npz").symlink_to(tmp_path / "loop.npz")
    (tmp_path / "device.npz").symlink_to("/dev/zero")
    with (tmp_path / "sparse.npz").open("wb") as file:
        file.truncate(2**40)
    for name, reason in (
        ("pipe", "not a plain file"),
        ("folder", "not a plain file"),
        ("loop", "Too many levels"),
        ("device", "not a plain file"),
        ("sparse", "larger than 1 GiB"),
        ("a" * 300, "File name too long"),
        ("null\0", "no file can have this name"),
    ):
        assert reason in refused(tmp_path / f"{name}.npz")
    assert "no name in UTF-8" in refused("\udcff.npz")
    assert len(refused("x" * 100_000)) < 300


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x93NUMPY\x01\x00" + struct.pack("<H", 60000) + b"(" * 60000,
        b"\x93NUMPY\x01\x00" + struct.pack("<H", 900) + b"(" * 900,
        b"\x93NUMPY\x01\x00" + struct.pack("<H", 900) + b"-" * 900,
        b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b" " * 100_000,
        b"\x93NUMPY\x09\x00" + struct.pack("<H", 20) + b" " * 20,
        header((4000, 28, 28)) + bytes(100),
        header((2**60, 28, 28)) + bytes(100),
        header().replace(b"(40, ", b"(-4, ") + bytes(100),
        header() + bytes(IMAGES.nbytes + 1),
        header((1,), object) + bytes(8),
    ],
)
def test_arrays_that_are_not_what_they_say_are_refused(tmp_path, content):
    assert "not an .npz of plain arrays" in refused(of_train(tmp_path / "odd.npz", content))


def test_members_without_npy_are_no_arrays(tmp_path):
    path = write(tmp_path / "raw.npz", ("x_train", WHOLE), ("x_test", WHOLE))
    assert "needs the arrays x_train and x_test" in refused(path)


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_what_numpy_packs_is_unpacked(tmp_path, how):
    path = write(tmp_path / "other.npz", ("x_train.npy", WHOLE), ("x_test.npy", WHOLE), how=how)
    assert "not an .npz" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_there_twice_is_refused(tmp_path):
    members = [("x_train.npy", WHOLE), ("x_train.npy", WHOLE), ("x_test.npy", WHOLE)]
    assert "not an .npz" in refused(write(tmp_path / "twice.npz", *members))


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [(8, "<H", 1), (24, "<I", 2**31), (20, "<I", 10), (42, "<I", 2**31), (16, "<I", 1)],
)
def test_a_directory_that_lies_is_refused(tmp_path, offset, form, value):
    """Refuse a directory with a false encryption bit, sizes, offset or checksum."""
    path = of_train(tmp_path / "lies.npz", WHOLE)
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, content.find(b"PK\x01\x02") + offset, value)
    path.write_bytes(content)
    assert "not an .npz" in refused(path)


def test_a_directory_of_very_many_names_is_not_read(tmp_path):
    path = write(tmp_path / "many.npz", *((f"{number:06}", b"") for number in range(30_000)))
    assert "not an .npz" in refused(path)


@pytest.mark.parametrize(
    "classes",
    [
        np.array("a"),
        np.array(["a"] * 40),
        np.zeros(40, complex),
        np.zeros(40, [("a", "i4")]),
        np.zeros((40, 1), int),
        np.zeros(40, bool),
        np.zeros(0),
        np.array(["2020"] * 40, "M8"),
        np.zeros(3, int),
    ],
)
def test_what_are_no_classes_is_not_looked_at(tmp_path, classes):
    np.savez(tmp_path / "mine.npz", x_train=IMAGES, x_test=IMAGES, y_test=classes)
    found = datasets.load(str(tmp_path / "mine.npz"), None, tmp_path)
    assert found.examples == tuple(range(10))


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "f8", "f2"])
def test_images_are_read_as_numpy_reads_them(tmp_path, dtype):
    images = np.asfortranarray((IMAGES / 255).astype(dtype))
    np.savez_compressed(tmp_path / "mine.npz", x_train=images, x_test=IMAGES)
    found = datasets.load(str(tmp_path / "mine.npz"), None, tmp_path)
    with np.load(tmp_path / "mine.npz") as arrays:
        assert np.array_equal(found.train, arrays["x_train"])
        assert np.array_equal(found.test, arrays["x_test"])


@given(data=st.data())
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_changed_in_an_archive_it_is_read_or_refused(tmp_path, data):
    how = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    members = [("x_train.npy", WHOLE), ("x_test.npy", WHOLE)]
    path = write(tmp_path / "changed.npz", *members, how=how)
    content = bytearray(path.read_bytes())
    # Positions in the ZIP headers, not in the images, where every byte has a meaning.
    places = [
        place
        for mark in (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY")
        for place in range(content.find(mark), min(content.find(mark) + 140, len(content)))
    ]
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.sampled_from(places))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.just(len(content)) | st.integers(0, len(content))) :]
    path.write_bytes(content)
    try:
        datasets.load(str(path), None, tmp_path)
    except BadInputError as error:
        assert "\n" not in str(error)


@pytest.fixture
def fashion(tmp_path, monkeypatch) -> Path:
    """Write a training file of Fashion-MNIST with a content, and a correct test file."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    folder = datasets.keras_datasets() / "fashion-mnist"
    folder.mkdir(parents=True)
    for name, _ in datasets._FASHION_FILES.values():
        (folder / name).write_bytes(gzip.compress(bytes(16) + IMAGES.tobytes()))
    return folder / datasets._FASHION_FILES["x_train"][0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        gzip.compress(b"", mtime=0),
        gzip.compress(bytes(16), mtime=0),
        gzip.compress(bytes(16 + 783), mtime=0),
        gzip.compress(bytes(16 + 784), mtime=0)[:-9],
        gzip.compress(bytes(16 + 784), mtime=0)[:10] + b"\xff" * 20,
    ],
)
def test_what_is_not_fashion_mnist_is_refused(fashion, content):
    fashion.write_bytes(content)
    assert "isn't a file of Fashion-MNIST: remove it" in refused("fashion_mnist")


def test_fashion_mnist_is_bounded_too(fashion, monkeypatch):
    fashion.write_bytes(gzip.compress(bytes(16 + 784 * 1000), mtime=0))
    monkeypatch.setattr(datasets, "MOST_BYTES", 784 * 1000)
    assert "once unpacked" in refused("fashion_mnist")
    fashion.unlink()
    os.mkfifo(fashion)
    assert "not a plain file" in refused("fashion_mnist")


def test_a_keras_cache_that_is_none_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for home in (str(tmp_path / "file"), "/" + "a" * 300):
        monkeypatch.setenv("KERAS_HOME", home)
        assert "isn't in the Keras cache and couldn't be fetched" in refused("mnist")
        assert "isn't in the Keras cache and couldn't be fetched" in refused("fashion_mnist")

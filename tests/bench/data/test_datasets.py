import hashlib
import http.server
import os
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from aebench.bench.data import datasets, download
from aebench.bench.data.datasets import convert, keras_datasets, load
from aebench.bench.errors import BadInputError

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if self.path == "/silent":
            time.sleep(3)
        elif self.path == "/trickle":
            for _ in range(60):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        elif self.path == "/cut":
            self.wfile.write(CONTENT[:1000])
        else:
            self.wfile.write(CONTENT)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()


@pytest.fixture(autouse=True)
def empty_keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


def test_fetch(server, tmp_path):
    target = tmp_path / "deep" / "file.npz"
    assert download.fetch(f"{server}/file", SHA256, target, show=False) == target
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("path", "known", "reason"),
    [
        ("/missing", SHA256, "the server answered 404"),
        ("/file", "0" * 64, "wrong hash"),
        ("/silent", SHA256, "silent"),
        ("/trickle", SHA256, "longer than"),
        ("/cut", SHA256, "the connection broke"),
    ],
)
def test_a_failed_fetch_has_a_reason_and_leaves_nothing(server, tmp_path, path, known, reason):
    target = tmp_path / "cache" / "file.npz"
    began = time.monotonic()
    with pytest.raises(download.FetchError, match=reason):
        download.fetch(server + path, known, target, seconds=0.5, show=False)
    assert time.monotonic() - began < 2.5
    assert not target.exists()
    assert not list(target.parent.iterdir())


def test_a_dead_host_is_no_connection(tmp_path):
    with pytest.raises(download.FetchError, match="no connection"):
        download.fetch("http://127.0.0.1:9/", SHA256, tmp_path / "file", show=False)


def test_auto_takes_the_keras_cache(tmp_path):
    cached = datasets.keras_datasets() / "mnist.npz"
    cached.parent.mkdir(parents=True)
    _write(cached)
    dataset = datasets.load("auto", None, tmp_path)
    assert (dataset.name, dataset.notice, dataset.npz) == ("mnist", "", cached)


def test_auto_falls_back_to_the_embedded_sample_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_HOST", "http://127.0.0.1:9/")
    dataset = datasets.load("auto", None, tmp_path)
    assert dataset.train.shape == (4000, 28, 28)
    assert "not the full set" in dataset.notice
    with pytest.raises(BadInputError, match="no connection"):
        datasets.load("mnist", None, tmp_path)
    with pytest.raises(BadInputError, match=r"no connection.*train-images"):
        datasets.load("fashion_mnist", None, tmp_path)


def test_fashion_mnist_is_read_from_the_keras_cache(tmp_path):
    import gzip

    folder = datasets.keras_datasets() / "fashion-mnist"
    folder.mkdir(parents=True)
    images = np.random.default_rng(1).integers(0, 256, (3, 28, 28), np.uint8)
    for name, _ in datasets._FASHION_FILES.values():
        (folder / name).write_bytes(gzip.compress(bytes(16) + images.tobytes()))
    dataset = datasets.load("fashion_mnist", None, tmp_path)
    assert np.array_equal(dataset.train, images)
    with np.load(dataset.npz) as arrays:
        assert np.array_equal(arrays["x_train"], images)


def test_embedded_sample_is_small_stratified_and_as_documented():
    assert datasets.EMBEDDED.stat().st_size < 1_000_000
    digest = hashlib.sha256(datasets.EMBEDDED.read_bytes()).hexdigest()
    assert digest in (datasets.EMBEDDED.parent / "README.md").read_text()
    with np.load(datasets.EMBEDDED) as arrays:
        assert np.bincount(arrays["y_train"]).tolist() == [400] * 10
        assert np.bincount(arrays["y_test"]).tolist() == [100] * 10
        assert arrays["x_train"].dtype == np.uint8
        assert arrays["x_train"].shape == (4000, 28, 28)
        both = np.concatenate([arrays["x_train"], arrays["x_test"]])
        assert len(np.unique(both.reshape(5000, -1), axis=0)) == 5000


def _write(path: Path, **changes):
    arrays = {
        "x_train": np.zeros((4, 28, 28), np.uint8),
        "x_test": np.zeros((2, 28, 28), np.uint8),
        **changes,
    }
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x_test": None}, "needs the arrays"),
        ({"x_train": np.zeros((4, 784), np.uint8)}, "samples × 28 × 28"),
        ({"x_train": np.zeros((0, 28, 28), np.uint8)}, "samples × 28 × 28"),
        ({"x_train": np.full((4, 28, 28), 2.0)}, "outside"),
        ({"x_train": np.full((4, 28, 28), np.nan)}, "outside"),
        ({"x_train": np.zeros((4, 28, 28), np.int64)}, "uint8 or float"),
        ({"x_train": np.array([object()])}, "plain arrays"),
    ],
)
def test_what_are_no_images_is_refused(tmp_path, changes, reason):
    path = tmp_path / "mine.npz"
    _write(path, **changes)
    with pytest.raises(BadInputError, match=reason):
        datasets.load(str(path), None, tmp_path)


def test_other_bad_choices(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    for choice, reason in (
        (str(tmp_path / "text.npz"), "not an .npz"),
        (str(tmp_path / "missing.npz"), "can't be read"),
        ("cifar10", "is neither"),
    ):
        with pytest.raises(BadInputError, match=reason):
            datasets.load(choice, None, tmp_path)
    for samples in (0, 4001):
        with pytest.raises(BadInputError, match="4,000"):
            datasets.load("embedded", samples, tmp_path)


def test_convert_gives_float32_and_its_hash(tmp_path):
    dataset = datasets.load("embedded", 100, tmp_path)
    arrays = datasets.convert(dataset, tmp_path)
    train = np.load(arrays.train_path)
    assert train.dtype == np.float32
    assert train.shape == (100, 28, 28)
    assert np.array_equal(train, dataset.train / np.float32(255))
    assert arrays.train_sha256 == hashlib.sha256(train.tobytes()).hexdigest()


def test_without_any_home_the_cache_is_where_keras_has_it_then(monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 987654)  # no user has this number
    assert keras_datasets() == Path(tempfile.gettempdir()) / ".keras" / "datasets"


def test_no_room_for_temporary_files_is_a_sentence(tmp_path):
    (tmp_path / "train.npy").mkdir()
    with pytest.raises(BadInputError, match=r"no room for temporary files .* set TMPDIR"):
        convert(load("embedded", None, tmp_path), tmp_path)


def test_without_a_folder_for_temporary_files_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(BadInputError, match=r"\(No such file or directory\): set TMPDIR to one\."):
        datasets.scratch_folder()
    odd = tmp_path / os.fsdecode(b"\xff")
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    with pytest.raises(BadInputError, match="TMPDIR is no name in UTF-8"):
        datasets.scratch_folder()
    assert list(odd.iterdir()) == []


def test_examples_are_the_first_of_each_class_or_the_first(tmp_path):
    images = (np.arange(12 * 784) % 256).astype(np.uint8).reshape(12, 28, 28)
    classes = np.array([2, 2, 0, 1, 0, 1, 2, 0, 1, 2, 0, 1])
    np.savez(tmp_path / "told.npz", x_train=images, x_test=images, y_test=classes)
    told = load(str(tmp_path / "told.npz"), None, tmp_path)
    assert told.examples == (2, 3, 0)
    assert told.example_pixels == images[[2, 3, 0]].tobytes()
    # Without classes, or with numbers that can't be classes, the examples are the first images.
    np.savez(tmp_path / "untold.npz", x_train=images, x_test=images / np.float32(255))
    untold = load(str(tmp_path / "untold.npz"), None, tmp_path)
    assert untold.examples == tuple(range(10))
    assert untold.example_pixels == images[:10].tobytes()
    np.savez(tmp_path / "odd.npz", x_train=images, x_test=images, y_test=classes[:3])
    assert load(str(tmp_path / "odd.npz"), None, tmp_path).examples == tuple(range(10))


def test_the_loss_of_the_mean_image_is_the_mean_of_every_image_s(tmp_path):
    generator = np.random.default_rng(0)
    train, test = (generator.integers(0, 256, (n, 28, 28)).astype(np.uint8) for n in (50, 20))
    train[:, 0, 0] = 0  # a pixel that is always black: its mean is clipped, since log 0 is infinite
    test[:, 0, 0] = 1
    dataset = datasets.Dataset("some", train, test, tmp_path / "some.npz")
    mean = np.clip((train / 255).mean(axis=0), 1e-7, 1 - 1e-7)
    each = [-(image * np.log(mean) + (1 - image) * np.log(1 - mean)).mean() for image in test / 255]
    assert datasets.mean_image_loss(dataset) == pytest.approx(np.mean(each), rel=1e-9)

"""Test which samples a user's file or archive gives."""

import numpy as np
import pytest

from aebench.bench.models.loading import ModelError
from aebench.bench.protocol import trees
from aebench.bench.worker.own_samples import from_function, from_npz

X, Y = np.arange(12.0).reshape(6, 2), np.arange(6)


class Batches:
    """Hold three batches, as a ``keras.utils.PyDataset`` does."""

    def __len__(self):
        return 3

    def __getitem__(self, at):
        rows = slice(2 * at, 2 * at + 2)
        return {"numbers": X[rows]}, Y[rows]


def test_arrays_are_taken_as_float32_and_targets_that_are_the_inputs_stay_so():
    train, test, notice = from_function("mine", lambda: ((X, Y), (X, X)))
    assert (train.x.dtype, train.y.dtype, train.total) == (np.float32, Y.dtype, 6)
    assert test.y is test.x and not notice


def test_dictionaries_lists_and_weights_are_taken():
    part = ({"a": X, "b": Y}, [Y, X], np.ones(6))
    train, _, _ = from_function("mine", lambda: (part, part))
    assert [each.shape for each in trees.leaves(train.x)] == [(6, 2), (6,)]
    assert len(train.y) == 2 and train.weights.dtype == np.float32


@pytest.mark.parametrize("batches", [Batches, lambda: iter(Batches()[at] for at in range(3))])
def test_batches_are_read_into_arrays(batches):
    train, test, notice = from_function("mine", lambda: (batches(), batches()))
    assert np.array_equal(train.x["numbers"], X) and np.array_equal(test.y, Y)
    assert "read into arrays once" in notice


@pytest.mark.parametrize(
    "made",
    [
        3,
        (X, Y),
        ((X, Y),),
        ({"x": X}, {"x": X}),
        ((X, Y, Y, Y), (X, Y)),
        ((), (X, Y)),
        ((X, Y), 3),
    ],
)
def test_what_is_no_pair_of_pairs_is_refused(made):
    with pytest.raises(ModelError, match=r"must return \(\(x_train, y_train\)"):
        from_function("mine", lambda: made)


@pytest.mark.parametrize("x", [np.array(["a", "b"]), [1, 2, 3], np.float32(3)])
def test_what_is_no_array_of_numbers_is_refused(x):
    with pytest.raises(ModelError, match="give arrays of numbers"):
        from_function("mine", lambda: ((x, Y), (x, Y)))


def test_an_archive_has_arrays_by_the_names_of_inputs(tmp_path):
    path = str(tmp_path / "my.npz")
    np.savez(path, a_train=X, b_train=Y, y_train=Y, a_test=X, b_test=Y, y_test=Y)
    train, test = from_npz("mine", path, ["a", "b"])
    assert sorted(train.x) == ["a", "b"] and np.array_equal(test.y, Y)
    with pytest.raises(ModelError, match="needs x_train or a_train and c_train"):
        from_npz("mine", path, ["a", "c"])


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_is_one_sentence(tmp_path, content):
    path = tmp_path / "my.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"my\.npz can't be read as an \.npz"):
        from_npz("mine", str(path), [])
    with pytest.raises(ModelError, match=r"none\.npz can't be read"):
        from_npz("mine", str(tmp_path / "none.npz"), [])

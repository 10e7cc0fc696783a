"""Test trees of arrays, and samples that are trees."""

import numpy as np

from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples, SampleSource

TREE = {"b": [1, (2, 3)], "a": 4}


def test_a_mapped_tree_has_the_same_structure():
    assert trees.mapped(TREE, lambda leaf: 10 * leaf) == {"b": [10, (20, 30)], "a": 40}
    assert trees.mapped(5, str) == "5"


def test_leaves_have_names():
    assert list(trees.named_leaves(TREE)) == [("a", 4), ("b/0", 1), ("b/1/0", 2), ("b/1/1", 3)]
    assert list(trees.leaves(7)) == [7]


def test_samples_are_cut_in_all_their_arrays():
    x = {"ids": np.arange(6).reshape(6, 1), "numbers": np.zeros((6, 2), np.float32)}
    samples = Samples(x, (np.arange(6.0), np.arange(6)), np.ones(6, np.float32))
    few = samples.first(2)
    assert (samples.total, few.total) == (6, 2)
    assert [len(leaf) for tree in few for leaf in trees.leaves(tree)] == [2] * 5
    assert samples.sample_bytes == 8 + 8 + 8 + 8 + 4
    assert Samples(x, None).first(3).y is None


def test_a_target_that_is_the_input_stays_the_input():
    x = np.zeros((4, 3), np.float32)
    samples = Samples(x, x)
    cut = samples.first(2)
    assert cut.y is cut.x and samples.sample_bytes == 12


def test_a_source_reads_a_shared_array_once():
    read = []

    def array(path):
        read.append(path)
        return np.zeros(3)

    found = SampleSource({"a": "1"}, {"a": "1"}).read(array)
    assert found.y is found.x and read == ["1"]
    found = SampleSource(["1", "2"], "3", "4").read(array)
    assert read == ["1", "1", "2", "3", "4"] and found.weights.shape == (3,)

"""Test what duels and searches refuse; real duels are in test_until_run."""

import pytest

from aebench.bench.cli import bisect
from aebench.bench.environments.search import Answer, first_bad


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["jax"], "a duel is of two contenders: give two"),
        (["jax", "jax"], "a duel is of two contenders: give two"),
        (["jax", "torch", "jax:nojit"], "a duel is of two contenders: give two"),
        (["jax", "torch", "--versions", "keras==3.14.1", "keras==3.15.1"], "give one, without @"),
        (["jax@python", "--checkout", "a", "b"], "give one, without @"),
        (["jax", "--versions", "keras==3.14.1"], "--versions takes two that differ"),
        (["jax", "--checkout", "a@b", "a@b"], "--checkout takes two that differ"),
        (["jax", "--versions", "keras==1", "keras"], "'keras' is not a package with a version"),
        (["theano", "--versions", "keras==1", "keras==2"], "'theano' is not a backend"),
        (["jax", "--checkout", "nowhere@a", "nowhere@b"], "'nowhere' is no git repository"),
        (
            ["jax", "--versions", "a==1", "a==2", "--checkout", "b", "c"],
            "contradict each other",
        ),
    ],
)
def test_bad_input_is_one_sentence(aebench, tmp_path, words, reason):
    done = aebench("duel", *words)
    assert done.returncode == 2
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["jax", "--good", "keras==3.14.1"], "the following arguments are required: --bad"),
        (["jax", "--good", "keras==3.14.1", "--bad", "jax==1"], "aren't two versions of one"),
        (["jax", "--good", "a@b", "--bad", "c@d"], "aren't commits of one repository"),
        (["jax", "--good", "nowhere@b", "--bad", "nowhere@d"], "no commits lead from"),
    ],
)
def test_a_search_without_two_ends_is_one_sentence(aebench, tmp_path, words, reason):
    done = aebench("bisect", *words)
    assert done.returncode == 2
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_cache_there_is_no_place_for_environments(aebench):
    versions = ("--versions", "keras==3.14.1", "keras==3.15.1")
    done = aebench("duel", "jax", *versions, AEBENCH_CACHE="off")
    assert done.returncode == 2
    assert "environments are kept in the cache, and AEBENCH_CACHE is off" in " ".join(
        done.stderr.split()
    )


def test_a_dry_run_makes_no_environment(aebench, tmp_path):
    versions = ("--versions", "keras==3.14.1", "keras==3.15.1")
    done = aebench("duel", "jax", *versions, "--dry-run", AEBENCH_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert "until decided" in done.stdout
    assert not (tmp_path / "cache" / "environments").exists()


def test_a_search_ends_with_the_first_and_the_ratios_of_all_that_were_asked():
    slower = {1: Answer.GOOD, 2: Answer.BAD, 4: Answer.BAD}
    found = first_bad(5, slower.__getitem__)
    ratios = {1: ["1.00 [0.98, 1.02]"], 2: ["1.51 [1.40, 1.60]", "1.10 [1.05, 1.15]"], 4: []}
    assert bisect._conclusion(found, "abcde", ratios) == (
        "First slower: c. b isn't slower than a. Path: e slower; "
        "c slower (× 1.51 [1.40, 1.60] and 1.10 [1.05, 1.15]); b not slower (× 1.00 [0.98, 1.02])."
    )

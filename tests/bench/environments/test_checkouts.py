"""Export commits of real git repositories."""

import subprocess

import pytest

from aebench.bench.environments.checkouts import between, export
from aebench.bench.errors import BadInputError

NAMED = '[project]\nname = "Slow_Sums"\nversion = "1.0"\n'


def git(folder, *words):
    who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "pyproject.toml").write_text(NAMED)
    (folder / "slow_sums.py").write_text("SECONDS = 0\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "tag", "v1")
    (folder / "slow_sums.py").write_text("SECONDS = 1\n")
    git(folder, "commit", "-qam", "second")
    return folder


def test_a_revision_is_exported_by_its_hash(repository, tmp_path):
    found = export(f"{repository}@v1", tmp_path / "sources")
    assert found.commit == git(repository, "rev-parse", "v1")
    assert (found.package, found.changed) == ("slow-sums", False)
    assert found.label == f"slow-sums-{found.commit[:10]}"
    assert (found.folder / "slow_sums.py").read_text() == "SECONDS = 0\n"
    # The repository itself is left as it was.
    assert (repository / "slow_sums.py").read_text() == "SECONDS = 1\n"
    assert export(str(repository), tmp_path / "sources").commit == git(
        repository, "rev-parse", "HEAD"
    )


def test_a_working_tree_is_exported_with_its_changes(repository, tmp_path):
    (repository / "slow_sums.py").write_text("SECONDS = 2\n")
    found = export(str(repository), tmp_path / "sources")
    assert found.changed and found.label.endswith("-changed")
    assert (found.folder / "slow_sums.py").read_text() == "SECONDS = 2\n"
    # The same changes are the same commit: their environment is made once.
    assert export(str(repository), tmp_path / "others").commit == found.commit
    assert git(repository, "status", "--porcelain") == "M slow_sums.py"
    assert git(repository, "stash", "list") == ""


def test_a_folder_may_have_an_at_in_its_name(repository, tmp_path):
    repository.rename(tmp_path / "mine@home")
    here = tmp_path / "mine@home"
    found = [export(text, tmp_path / "sources") for text in (str(here), f"{here}@HEAD")]
    assert found[0] == found[1]


def test_what_is_no_package_of_a_repository_is_refused(repository, tmp_path):
    sources = tmp_path / "sources"
    with pytest.raises(BadInputError, match="is no git repository"):
        export(str(tmp_path / "nowhere"), sources)
    with pytest.raises(BadInputError, match="is no git repository"):
        export(f"{tmp_path}@v1", sources)
    with pytest.raises(BadInputError, match="has no revision 'v3'"):
        export(f"{repository}@v3", sources)
    (repository / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(BadInputError, match="no project's name"):
        export(str(repository), sources)


def test_commits_between_two_are_those_of_first_parents(repository):
    git(repository, "checkout", "-qb", "side", "v1")
    git(repository, "commit", "-q", "--allow-empty", "-m", "aside")
    git(repository, "checkout", "-q", "-")
    git(repository, "merge", "-q", "--no-ff", "-m", "merged", "side")
    found = between(f"{repository}@v1", f"{repository}@HEAD")
    hashes = git(repository, "log", "--reverse", "--first-parent", "--format=%H").splitlines()
    assert found == [f"{repository}@{each}" for each in hashes] and len(found) == 3
    for good, bad in (("HEAD", "v1"), ("v1", "nowhere"), ("v1", "v1")):
        with pytest.raises(BadInputError, match="no commits lead from"):
            between(f"{repository}@{good}", f"{repository}@{bad}")
    with pytest.raises(BadInputError, match="aren't commits of one repository"):
        between(f"{repository}@v1", "elsewhere@v1")

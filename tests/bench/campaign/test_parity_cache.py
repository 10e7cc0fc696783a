"""Test the cache of parity checks: what is found again, and what isn't."""

import json
import multiprocessing
import shutil
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from aebench.bench.campaign import parity_key
from aebench.bench.campaign.parity_cache import Checked, ParityCache
from aebench.bench.campaign.parity_key import ParityKeys
from aebench.bench.plan.request import Request, plan_from_request
from aebench.reports.record import Parity, WorkerInfo
from helpers.images import COUNTS
from helpers.paths import ROOT

KEY = "0" * 64


def checked(difference=1e-8, count=1):
    worker = WorkerInfo("parity", "jax", "ae200", 0, {"precision": "float32"}, {}, [], 2, [])
    checks = [Parity("jax", "ae200", "forward", difference, 1e-6, batch_size=32)] * count
    return Checked("2026-01-02T03:04:05+00:00", worker, checks)


def test_checks_that_passed_are_found_and_failed_ones_are_never_kept(tmp_path):
    cache = ParityCache(tmp_path / "c")
    assert cache.find(KEY) is None
    cache.keep(KEY, checked(difference=1e-3))
    assert cache.find(KEY) is None
    cache.keep(KEY, checked())
    assert cache.find(KEY) == checked()
    assert cache.find("1" * 64) is None
    # A failed check that came into the folder all the same isn't believed either.
    path = next((tmp_path / "c").iterdir())
    path.write_bytes(msgspec.json.encode(checked(difference=1e-3)))
    assert cache.find(KEY) is None
    cache.keep(KEY, checked())
    assert ParityCache(tmp_path / "c", fresh=True).find(KEY) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[" * 100_000, b"\xff\xfe", b'{"format":1,"checks":[]}', b"0" * 2**23],
)
def test_a_damaged_file_counts_as_missing_and_is_replaced(tmp_path, content):
    cache = ParityCache(tmp_path)
    cache.keep(KEY, checked())
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert cache.find(KEY) is None
    cache.keep(KEY, checked())
    assert cache.find(KEY) == checked()


def test_a_file_of_another_form_counts_as_missing(tmp_path):
    cache = ParityCache(tmp_path)
    cache.keep(KEY, checked())
    (path,) = tmp_path.iterdir()
    other = json.loads(path.read_bytes()) | {"format": 2}
    path.write_text(json.dumps(other))
    assert cache.find(KEY) is None


def test_a_folder_that_cannot_be_written_or_read_changes_nothing(tmp_path):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        cache = ParityCache(folder)
        cache.keep(KEY, checked())
        assert cache.find(KEY) is None
    assert (tmp_path / "file").read_text() == "mine"
    # A folder lies where the file goes: nothing half written is left beside it.
    (tmp_path / f"{KEY}.json").mkdir()
    ParityCache(tmp_path).keep(KEY, checked())
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"{KEY}.json", "file"]


def _write(folder, count):
    for _ in range(50):
        ParityCache(folder).keep(KEY, checked(count=count))


def test_runs_at_the_same_time_find_whole_files_alone(tmp_path):
    ParityCache(tmp_path).keep(KEY, checked())
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(tmp_path, count)) for count in (1, 3000)]
    for writer in writers:
        writer.start()
    found = set()
    while any(writer.is_alive() for writer in writers):
        found.add(len(ParityCache(tmp_path).find(KEY).checks))
    assert found <= {1, 3000}
    assert [each.name for each in tmp_path.iterdir()] == [f"{KEY}.json"]


def key(name="jax", model="ae400", images="a", plan=None, **request):
    asked = Request(**{"backends": ["jax", "jax:nojit"], "models": ["ae400", "ae800"], **request})
    plan = plan or plan_from_request(asked, COUNTS, run=False)
    data = SimpleNamespace(info=SimpleNamespace(train_sha256=images))
    context = SimpleNamespace(plan=plan, data={model: data})
    (contender,) = (each for each in plan.compared if each.name == name)
    return ParityKeys(context).key(contender, model)


def test_what_a_check_depends_on_is_in_its_key(monkeypatch):
    usual = key()
    assert usual == key()
    others = [
        key(model="ae800"),
        key(name="jax:nojit"),
        key(images="b"),
        key(batch_sizes=[500]),
        key(threads=1),
    ]
    assert len({usual, *others}) == len(others) + 1
    # What only other passes use is no reason to check again.
    assert usual == key(launches=1, epochs=7)
    described = parity_key.machine.describe()
    for changed in (
        {"identity": {**described.identity, "stepping": "other"}},
        {"environment": {"XLA_FLAGS": "--other"}},
        {"cores": described.cores + 1},
    ):
        with monkeypatch.context() as context:
            other = msgspec.structs.replace(described, **changed)
            context.setattr(parity_key.machine, "describe", lambda other=other: other)
            assert key() != usual, changed
    for function in ("code_digest", "installed_packages"):
        with monkeypatch.context() as context:
            context.setattr(parity_key, function, lambda: "other")
            assert key() != usual, function


def test_every_file_of_the_code_that_measures_is_in_its_digest(tmp_path, monkeypatch):
    usual = parity_key.code_digest()
    for name in ("bench", "backends"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.setattr(parity_key.backends, "__file__", str(tmp_path / "backends" / "__init__.py"))
    assert parity_key.code_digest() == usual
    for path in ("bench/campaign/passes/parity.py", "backends/native/oracle.py"):
        changed = tmp_path / path
        changed.write_text(changed.read_text() + "\n")
        assert parity_key.code_digest() != usual
        usual = parity_key.code_digest()


def test_what_is_installed_elsewhere_is_checked_in_every_run():
    plan = plan_from_request(Request(backends=["jax"], models=["ae400"]), COUNTS, run=False)
    (contender,) = plan.compared
    elsewhere = msgspec.structs.replace(contender, python="/other/python")
    context = SimpleNamespace(plan=plan)
    assert ParityKeys(context).key(elsewhere, "ae400") is None


ONE = ("--data", "embedded", "--train-samples", "640", "--model", "ae50", "--backend", "jax")


@pytest.mark.slow
def test_a_second_run_finds_the_checks_and_says_so(aebench, tmp_path):
    def run(*arguments):
        done = aebench(*arguments, AEBENCH_CACHE=str(tmp_path / "cache"))
        assert done.returncode == 0, done.stdout + done.stderr
        text = " ".join(done.stdout.split())
        shown = json.loads(aebench("show", arguments[-1], "--json").stdout)
        (row,) = shown["parity"]
        return text, row, shown["runs"][0]

    said = "with the same versions, machine, model and code, and not again in this run."
    first, measured, of_first = run("run", *ONE, "--pass", "parity", "--out", "1")
    assert said not in first
    assert "a rough estimate, since no earlier run here is known." in first
    assert all(not each["measured_at"] for each in measured["checks"])
    second, found, of_second = run("run", *ONE, "--pass", "parity", "--out", "2")
    assert "as earlier runs here took." in second
    days = {each.pop("measured_at")[:10] for each in found["checks"]}
    assert days == {of_second["created"][:10]} or len(days) == 1
    assert f"Parity: checked on {days.pop()} {said}" in second
    for each in measured["checks"]:
        each.pop("measured_at")
    assert found == measured
    assert of_second["settings"] == of_first["settings"]
    # Who asks for a check gets one.
    for number, arguments in enumerate(
        [("run", *ONE, "--pass", "parity", "--fresh-parity"), ("parity", *ONE[:2], *ONE[4:])]
    ):
        assert said not in run(*arguments, "--out", f"fresh{number}")[0]

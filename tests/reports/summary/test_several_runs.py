"""Test reports on several runs: of the same question, on several machines, given twice."""

import csv
import io
import math
from itertools import permutations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scipy import special

from aebench.reports import csv_export, document, headline
from aebench.reports.formatting import interval
from aebench.reports.record import Block, Library, Round
from aebench.reports.summary import summarise
from aebench.reports.tables.overview import explained
from aebench.reports.terminal import WIDTH, render_summary
from helpers import sample
from helpers.pages import whole

XEON, EPYC = "Intel(R) Xeon(R) Processor", "AMD EPYC"


def run(number, factor=1.0, processor=EPYC, name=None, **machine):
    """Return a run of the sample's question, in which torch takes ``factor`` times as long.

    Every run has noise of its own, and began at another time.
    """
    made = sample.make()
    random = np.random.default_rng(number)
    launches = random.normal(0, 0.005, (2, 4))
    for place, event in enumerate(made.events):
        if not isinstance(event, Round) or event.block < 0:
            continue
        torch = event.contender == "torch"
        noise = launches[int(torch), event.launch % 4] + random.normal(0, 0.002)
        seconds = event.seconds * math.exp(noise) * (factor if torch else 1)
        made.events[place] = msgspec.structs.replace(event, seconds=seconds)
    made.header = msgspec.structs.replace(
        made.header,
        name=name or f"run-{number}",
        created=f"2026-01-{1 + number:02d}T00:00:00+00:00",
        machine=msgspec.structs.replace(made.header.machine, processor=processor, **machine),
    )
    return made


def rows(summary):
    """Return the rows of the speed pass by cell, label and contender."""
    return {
        (*cell.key, cell.label, row.contender): row for cell in summary.speed for row in cell.rows
    }


def figures(summary):
    """Return all lines of data.csv, in an order of their own."""
    return sorted(map(str, csv_export.lines(summary)))


def shown(summary):
    console = Console(file=io.StringIO(), width=WIDTH)
    console.print(render_summary(summary))
    return " ".join(console.file.getvalue().split())


def torch_of(record):
    (row,) = (row for row in summarise(record).speed[0].rows if row.contender == "torch")
    return row


def test_a_run_that_is_given_twice_counts_once_and_that_is_said():
    first, again = run(1), run(1, name="renamed")
    alone = summarise(first)
    for others in ([first], [again], [first, again]):
        together = summarise(first, *others)
        assert rows(together) == rows(alone)
        assert len(together.runs) == 1
        (notice,) = set(together.notices) - set(alone.notices)
        count = 1 + len(others)
        assert notice == f"The run {together.runs[0].name} was given {count} times and counts once."


def test_the_beginning_of_a_run_counts_with_it():
    whole, cut = run(1), run(1)
    cut.events = cut.events[:12]
    for sources in ((whole, cut), (cut, whole)):
        assert figures(summarise(*sources)) == figures(summarise(whole))


RECORDS = {
    "one machine": [run(1), run(2, 1.05), run(3, 0.97)],
    "two machines": [run(1), run(2, 1.3, XEON), run(3, 0.97)],
    "other versions": [run(1), run(2, 1.1, name="other"), run(3, 1.3, XEON)],
}
_torch = RECORDS["other versions"][1].header.contenders[1]
RECORDS["other versions"][1].header = msgspec.structs.replace(
    RECORDS["other versions"][1].header,
    contenders=[
        msgspec.structs.replace(each, version="9.9") if each == _torch else each
        for each in RECORDS["other versions"][1].header.contenders
    ],
)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(RECORDS)), st.data())
def test_neither_order_nor_repetition_of_records_matters(which, data):
    records = RECORDS[which]
    given_records = data.draw(
        st.permutations([*records, *data.draw(st.lists(st.sampled_from(records), max_size=2))])
    )
    wanted, found = summarise(*records), summarise(*given_records)
    assert rows(found) == rows(wanted)
    assert figures(found) == figures(wanted)
    assert headline.sentences(found)[0] == headline.sentences(wanted)[0]
    assert {cell.answer for cell in found.speed} == {cell.answer for cell in wanted.speed}


def test_runs_of_one_question_are_combined_by_ratios_within_them():
    records = [run(1), run(2, 1.05), run(3, 0.97)]
    (cell,) = summarise(*records).speed
    torch = next(row for row in cell.rows if row.contender == "torch")
    logs = [math.log(torch_of(each).times_epoch.value) for each in records]
    error = np.std(logs, ddof=1) / math.sqrt(3)
    reach = special.stdtrit(2, 0.975) * error
    assert math.log(torch.times_epoch.value) == pytest.approx(np.mean(logs))
    assert math.log(torch.times_epoch.high) == pytest.approx(np.mean(logs) + reach)
    assert torch.over_runs.ratios == pytest.approx(sorted(map(math.exp, logs)))
    assert 0.02 < torch.over_runs.between_sd < 0.06
    assert cell.runs == ["run-1", "run-2", "run-3"] and cell.label == ""
    assert (torch.verdict, cell.fastest, torch.shares_blocks) == ("slower", "jax", True)
    assert "by the mean over 3 runs, jax trains ae400 at batch 32 fastest" in cell.answer
    # Comparisons are the cell's, and don't grow with the number of runs.
    assert cell.comparisons == 1


def test_seconds_of_several_runs_are_not_pooled():
    summary = summarise(run(1), run(2, 1.05), run(3, 0.97))
    torch = next(row for row in summary.speed[0].rows if row.contender == "torch")
    alone = [
        torch_of(each).samples_per_second.value for each in (run(1), run(2, 1.05), run(3, 0.97))
    ]
    found = torch.samples_per_second
    assert (found.low, found.high) == pytest.approx((min(alone), max(alone)))
    assert f"{min(alone):,.0f}"[:4] in shown(summary) and " to " in shown(summary)
    names = {line[3] for line in csv_export.lines(summary) if line[4] == "throughput"}
    assert {"torch (run-1)", "torch (run-2)", "torch (run-3)"} <= names and "torch" not in names


def test_two_runs_are_told_to_be_two_and_what_each_says_stands():
    summary = summarise(run(1), run(2, 2.2))
    (cell,) = summary.speed
    assert cell.fastest == ""
    assert cell.answer.endswith("; in each of the 2 runs alone jax is fastest.")
    assert "2 runs (run-1 and run-2)" in shown(summary) and "1 degree of freedom" in shown(summary)
    assert cell.fastest_in_each == "jax"
    assert (
        "jax is fastest in each of 2 runs in epochs of training" in headline.sentences(summary)[0]
    )


def test_runs_that_disagree_call_nobody_fastest():
    # Torch takes a quarter of the sample's time: once a little more than jax, once a little less.
    (cell,) = summarise(run(1, 1.1 / 4), run(2, 0.9 / 4)).speed
    assert (cell.fastest, cell.fastest_in_each) == ("", "")
    assert "no contender is shown to be fastest" in cell.answer


def test_machines_stand_side_by_side_with_their_range():
    records = [run(1), run(2, 1.3, XEON), run(3, 0.99)]
    summary = summarise(*records)
    assert [cell.label for cell in summary.speed] == [EPYC, "Intel Xeon"]
    epyc, xeon = (
        rows(summary)["ae400", "train", 32, label, "torch"] for label in (EPYC, "Intel Xeon")
    )
    # A machine with a single run has that run's figures.
    assert xeon.times_epoch == torch_of(records[1]).times_epoch
    assert xeon.samples_per_second == torch_of(records[1]).samples_per_second
    assert len(epyc.over_runs.ratios) == 2 and xeon.over_runs is None
    (notice,) = (each for each in summary.notices if each.startswith("Ratios differ by machine"))
    assert "(AMD EPYC) to 5.2" in notice and "(Intel Xeon) times jax's time" in notice
    text = shown(summary)
    assert "train ae400, batch 32, Intel Xeon" in text
    first = headline.sentences(summary)[0]
    assert first.startswith("On Intel Xeon jax is fastest") or "on both" in first.lower()
    assert "Two machines predict nothing" in text


def test_machines_of_one_name_are_told_apart_by_their_identity():
    one, other = ({"model": model, "flags": "f"} for model in ("1", "17"))
    summary = summarise(run(1, identity=one), run(2, 1.3, identity=other))
    assert [cell.label for cell in summary.speed] == ["AMD EPYC #1", "AMD EPYC #2"]
    assert "AMD EPYC #1: model 1; AMD EPYC #2: model 17." in summary.notices
    # Older records say no more than the name.
    together = summarise(run(1), run(2, 1.3))
    assert [cell.label for cell in together.speed] == [""]
    assert any("machines of that name may be several" in each for each in together.notices)


RATIOS = dict(zip((EPYC, XEON, "Another"), (1.0, 1.3, 1.1), strict=True))


def on_three_machines():
    return [run(number, factor, name) for number, (name, factor) in enumerate(RATIOS.items(), 1)]


def test_a_mean_over_machines_and_one_more_need_three_of_them():
    three = on_three_machines()
    for records, told in ((three[:2], False), (three, True)):
        summary = summarise(*records)
        (row,) = summary.over_machines
        assert len(row.machines) == len(records) and row.differ
        text = shown(summary)
        assert ("differ by SD" in text, "Two machines predict nothing" in text) == (True, not told)
        assert bool(row.prediction) is told
        if row.prediction:
            low, high = row.prediction.low, row.prediction.high
            assert f"× {interval(low)} to {interval(high)}" in text
        lines = {line[4]: line for line in csv_export.lines(summary) if "machines)" in line[3]}
        logs = [math.log(torch_of(each).times_epoch.value) for each in records]
        assert lines["times jax, mean over machines"][5] == pytest.approx(math.exp(np.mean(logs)))
        assert ("times jax, on one more machine" in lines) is told


def test_runs_are_combined_before_machines_are():
    records = [*on_three_machines(), run(4, 1.05)]
    summary = summarise(*records)
    (row,) = summary.over_machines
    epyc = [math.log(torch_of(each).times_epoch.value) for each in (records[0], records[3])]
    others = [math.log(torch_of(each).times_epoch.value) for each in records[1:3]]
    assert math.log(row.mean.value) == pytest.approx(np.mean([np.mean(epyc), *others]))


def test_machines_that_measured_the_same_are_not_shown_to_differ():
    summary = summarise(*(run(n, 1, name) for n, name in enumerate(RATIOS, 1)))
    (row,) = summary.over_machines
    assert row.differ is False and row.between_sd < 0.02
    assert "aren't shown to differ" in shown(summary)


def test_seconds_are_never_pooled_over_machines():
    records = on_three_machines()
    lines = list(csv_export.lines(summarise(*records)))
    over = {line[4]: line[8] for line in lines if "machines)" in str(line[3])}
    assert over and set(over.values()) == {""}
    # Every throughput and time of the speed pass is that of a machine's record alone.
    alone = {line[5] for each in records for line in csv_export.lines(summarise(each))}
    timed = [line for line in lines if line[8] in ("s", "samples/s") and line[4] != "break-even"]
    assert len(timed) > 30 and {line[5] for line in timed} <= alone


def test_machines_share_the_columns_of_the_wide_file(tmp_path):
    csv_export.write_wide(summarise(*on_three_machines()), tmp_path / "wide.csv")
    with (tmp_path / "wide.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0])[4:] == ["figure", "jax", "torch", "tensorflow"]
    ratios = {line["runs"]: float(line["torch"]) for line in lines if "times" in line["figure"]}
    assert list(ratios) == ["AMD EPYC", "Another", "Intel Xeon"]


def test_a_machine_whose_runs_are_not_combined_is_in_no_mean():
    other = RECORDS["other versions"][1]
    (row,) = summarise(*on_three_machines(), run(8, 1.2, "Fourth"), other).over_machines
    assert [each.machine for each in row.machines] == ["Another", "Fourth", "Intel Xeon"]


def test_what_differs_between_machines_stands_beside_their_ratios():
    records = on_three_machines()
    for record, vectors in zip(records, ("avx avx2 fma", "avx avx2 avx512f", ""), strict=True):
        header = record.header
        identity = {"vector instructions": vectors} if vectors else {}
        machine = msgspec.structs.replace(header.machine, identity=identity)
        record.header = msgspec.structs.replace(header, machine=machine)
        seconds = {"jax": 0.002, "torch": 0.001}
        record.events.insert(0, Library("jax", "ae400", "train", 32, 0, "torch", seconds))
    (table,) = [each for each in explained(summarise(*records)) if "differs" in each.title]
    assert table.columns == [
        *("cell, batch", "vectors", "cores", "torch, products, GFLOP/s", "jax, products, GFLOP/s"),
        "torch, × time",
    ]
    # A step of 32 samples has 141 MFLOP.
    assert [row[1:5] for row in table.rows] == [
        ["AVX2 (256 bits)", "2", "141", "70.6"],
        ["–", "2", "141", "70.6"],
        ["AVX-512 (512 bits)", "2", "141", "70.6"],
    ]


def test_what_cannot_be_combined_stays_apart_with_its_reason():
    records = RECORDS["other versions"]
    summary = summarise(*records[:2])
    assert [cell.label for cell in summary.speed] == ["run-1", "other"]
    assert "other and run-1 aren't combined: torch 9.9 and 2.0." in summary.notices
    # Each has the ratios of its own blocks, and its verdict.
    for record, label in zip(records, ("run-1", "other"), strict=False):
        found = rows(summary)["ae400", "train", 32, label, "torch"]
        assert found.times_epoch == torch_of(record).times_epoch
        assert found.verdict == "slower"


def without(made, contender):
    """Return a run whose environment lacks a contender, and so measured another one alone."""
    gone = {contender, f"{contender} A/A"}
    made.events = [each for each in made.events if getattr(each, "contender", "") not in gone]
    contenders = [
        msgspec.structs.replace(each, missing="not installed") if each.name == contender else each
        for each in made.header.contenders
        if each.control_of != contender
    ]
    made.header = msgspec.structs.replace(made.header, contenders=contenders)
    return made


def test_environments_with_one_backend_are_compared_on_one_machine_only():
    jax, torch = without(run(1), "torch"), without(run(2), "jax")
    for sources in ((jax, torch), (torch, jax)):
        (cell,) = summarise(*sources).speed
        torch_row = next(row for row in cell.rows if row.contender == "torch")
        assert (cell.reference, torch_row.shares_blocks) == ("jax", False)
    elsewhere = without(run(2, processor=XEON), "jax")
    epyc, xeon = summarise(elsewhere, jax).speed
    assert (epyc.machine, xeon.machine) == (EPYC, "Intel Xeon")
    assert not any(row.times_reference for row in xeon.rows if not row.control_of)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda header: {"plan": msgspec.structs.replace(header.plan, threads=1)},
            "limit of cores",
        ),
        (
            lambda header: {"data": msgspec.structs.replace(header.data, train_sha256="c" * 64)},
            "other data",
        ),
        (
            lambda header: {
                "machine": msgspec.structs.replace(header.machine, environment={"A": "1"})
            },
            "other environment variables",
        ),
        (
            lambda header: {
                "workloads": [
                    msgspec.structs.replace(each, timing="call") for each in header.workloads
                ]
            },
            "rounds of train are of another kind",
        ),
        (
            lambda header: {
                "models": [msgspec.structs.replace(each, parameters=1) for each in header.models]
            },
            "another ae400",
        ),
    ],
)
def test_settings_that_matter_keep_runs_apart(change, reason):
    first, second = run(1), run(2)
    second.header = msgspec.structs.replace(second.header, **change(second.header))
    summary = summarise(first, second)
    assert any("aren't combined" in each and reason in each for each in summary.notices)
    assert not any(cell.runs for cell in summary.speed)


@pytest.mark.parametrize(("seconds", "combined"), [(0.4, True), (None, True), (0.1, False)])
def test_runs_of_other_round_lengths_are_not_combined(seconds, combined):
    records = run(1), run(2)
    for made, length in zip(records, (0.4, seconds), strict=True):
        plan = msgspec.structs.replace(made.header.plan, round_seconds=length)
        made.header = msgspec.structs.replace(made.header, plan=plan)
    summary = summarise(*records)
    told = [each for each in summary.notices if "rounds of another length" in each]
    assert bool(told) is not combined
    assert any(cell.runs for cell in summary.speed) is combined


def test_sizes_and_dates_of_runs_do_not_keep_them_apart():
    first, second = run(1), run(2)
    plan = msgspec.structs.replace(second.header.plan, preset="publish", order_seed=7)
    second.header = msgspec.structs.replace(second.header, plan=plan, aebench="9")
    (cell,) = summarise(first, second).speed
    assert cell.runs == ["run-1", "run-2"]


def test_runs_of_one_name_have_names_of_their_own():
    summary = summarise(run(1, name="quick"), run(2, name="quick"))
    assert summary.speed[0].runs == ["quick, 2026-01-02T00:00", "quick, 2026-01-03T00:00"]


def test_a_disturbed_run_gives_its_verdicts_to_no_mean():
    first, second = run(1), run(2)
    for made in (first, second):
        made.events = [
            msgspec.structs.replace(each, disturbed=True) if isinstance(each, Block) else each
            for each in made.events
        ]
    (cell,) = summarise(first, second).speed
    assert {row.verdict for row in cell.rows if row.rounds} <= {"", "disturbed"}
    assert cell.fastest == ""


def test_the_page_of_several_runs_has_one_table_a_cell_and_machine():
    records = [run(1), run(2, 1.1), run(3, 1.3, XEON)]
    page = whole(document.make(summarise(*records), [], ["a", "b", "c"]))
    tables = [line for line in page.splitlines() if line.startswith("### train")]
    assert tables == [
        "### train ae400, batch 32, AMD EPYC",
        "### train ae400, batch 32, Intel Xeon",
    ]
    assert "| train ae400, 32, AMD EPYC |" in page and "| train ae400, 32, Intel Xeon |" in page
    # Order of the files changes the list of files only.
    for order in permutations(records):
        assert rows(summarise(*order)) == rows(summarise(*records))

"""Test what tables say of resident peaks that mislead."""

import msgspec
import pytest

from aebench.reports import csv_export, headline
from aebench.reports.record import FootprintFacts, MemoryPhase, Phase, QualityEpoch
from aebench.reports.summary import summarise
from aebench.reports.tables import footprint, memory
from helpers import sample

MIB = 2**20


def made(anonymous: dict[str, int], loading: int = 0, launches: int = 1):
    """Return a sample whose cold starts hold anonymous memory, in MiB, and load data."""
    record = sample.make()
    events = []
    for event in record.events:
        if isinstance(event, Phase):
            size = anonymous.get(event.contender)
            event = msgspec.structs.replace(
                event,
                # 600 MiB of resident memory with jax, 500 with torch, at the most.
                peak_bytes=event.peak_bytes if event.contender == "jax" else 500 * MIB,
                anonymous_bytes=None if size is None else size * MIB,
                proportional_bytes=None if size is None else (size + 1) * MIB,
            )
        if isinstance(event, (Phase, FootprintFacts)):
            events += [msgspec.structs.replace(event, launch=each) for each in range(launches)]
        else:
            events.append(event)
    if loading:
        facts = [each for each in events if isinstance(each, FootprintFacts)]
        events += [
            Phase(each.contender, each.model, each.launch, "data", 0.1, 9, loading * MIB, True)
            for each in facts
            if each.contender == "torch"
        ]
    record.events = events
    return summarise(record)


def notes(summary) -> str:
    return " ".join(footprint(summary)[1].notes)


def test_anonymous_memory_is_a_column_where_the_record_has_it():
    table = footprint(made({"jax": 100, "torch": 276}))[1]
    assert table.columns[-2:] == ["highest", "anonymous"]
    assert [row[-2:] for row in table.rows if row[-1] != "–"] == [["600", "100"], ["500", "276"]]
    assert "anonymous" not in footprint(made({}))[1].columns
    # Where one has none, its place is empty.
    assert [row[-1] for row in footprint(made({"jax": 100}))[1].rows][:2] == ["100", "–"]


def test_a_sentence_says_whose_order_differs_between_the_kinds_of_memory():
    said = (
        "jax has the higher resident peak, and torch more anonymous memory (ae400): shared "
        "libraries are in the first alone."
    )
    assert said in notes(made({"jax": 100, "torch": 276}, launches=3))
    assert "shared libraries are in the first alone" not in notes(made({"jax": 276, "torch": 100}))
    # Two sizes that hardly differ have no order.
    assert "shared libraries are in the first alone" not in notes(made({"jax": 100, "torch": 102}))


def test_a_peak_of_loading_the_data_is_told_apart():
    summary = made({}, loading=700)
    row = next(row for row in summary.footprint if row.contender == "torch")
    assert row.peaks_while_loading
    assert (row.peak_bytes.value, row.peak_beside_data_bytes.value) == (700 * MIB, 500 * MIB)
    said = "Highest while NumPy loads the data, which is the same work for all: ae400 torch (500 "
    assert said in notes(summary)
    assert "(while loading the data; 500 MiB otherwise)" in " ".join(headline.sentences(summary))
    assert "Highest while NumPy" not in notes(made({}, loading=400))


def test_the_rest_is_in_the_file_of_numbers():
    told = {row[4]: row[5] for row in csv_export.lines(made({"torch": 276}, loading=700))}
    assert told["anonymous memory at the end: first step"] == 276 * MIB
    assert told["proportional memory at the end: first step"] == 277 * MIB
    assert told["peak memory but for loading the data"] == 500 * MIB


def test_what_the_driver_counts_stands_beside_the_frameworks_count():
    record = sample.make()
    record.events = [
        msgspec.structs.replace(event, device_peak_bytes=64 * MIB, device_process_bytes=512 * MIB)
        if isinstance(event, FootprintFacts)
        else event
        for event in record.events
    ]
    said = "64.0 MiB at most on the accelerator by the framework's counter; 512 MiB at the end by"
    assert said in " ".join(footprint(summarise(record))[1].notes)


@pytest.mark.parametrize("known", [True, False])
def test_the_memory_pass_shows_anonymous_memory_by_phase(known):
    record = sample.make()
    record.events = [
        msgspec.structs.replace(event, anonymous_bytes=50 * MIB, peak_anonymous_bytes=60 * MIB)
        if known and isinstance(event, MemoryPhase)
        else event
        for event in record.events
    ]
    table = memory(summarise(record))[0]
    assert (table.columns[-2:] == ["anonymous", "its highest"]) == known
    assert ("its highest value in a phase is always sampled" in " ".join(table.notes)) == known
    if known:
        assert table.rows[0][-2:] == ["50.0", "60.0"]


def test_a_peak_of_loading_is_not_told_as_trainings():
    record = sample.make()
    record.events = [
        msgspec.structs.replace(event, peak_bytes=900 * MIB)
        if isinstance(event, MemoryPhase) and event.phase == "data"
        else event
        for event in record.events
        if not isinstance(event, (Phase, FootprintFacts, QualityEpoch))
    ]
    summary = summarise(record)
    assert "memory peaks at 325 MiB with jax (ae400)" in " ".join(headline.sentences(summary))
    said = "That is while loading the data: 325 MiB in the other phases."
    assert said in " ".join(memory(summary)[0].notes)

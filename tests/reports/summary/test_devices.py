"""Contenders on devices of several kinds aren't ranked together, and it is said."""

import msgspec

from aebench.reports import record, tables
from aebench.reports.summary import summarise
from helpers import sample


def computing_on(**platforms):
    """Make the sample with platforms of contenders in the settings of their workers."""
    base = sample.make()
    base.events = [
        msgspec.structs.replace(
            each, settings={**each.settings, "platform": platforms[each.contender]}
        )
        if isinstance(each, record.WorkerInfo) and each.contender in platforms
        else each
        for each in base.events
    ]
    return summarise(base)


def shown(summary):
    (cell,) = summary.speed
    (table,) = tables.speed(summary)
    verdict = {row.contender: row.verdict for row in cell.rows}["torch"]
    notes = [note for note in table.notes if note.startswith("torch: in no ranking")]
    return verdict, cell.comparisons, notes, [n for n in summary.notices if "of device" in n]


def test_a_contender_on_a_card_is_not_ranked_beside_one_on_the_processor():
    verdict, comparisons, notes, notices = shown(computing_on(jax="cpu", torch="gpu"))
    assert (verdict, comparisons) == ("on gpu", shown(computing_on())[1] - 1)
    assert notes == ["torch: in no ranking, since it computes on gpu, and jax doesn't."]
    assert notices == [
        "Not all contenders compute on the same kind of device: jax on cpu and torch on gpu. They "
        "aren't ranked together. Install what the others lack (docs/gpu.md), or hide the "
        "accelerator from all: CUDA_VISIBLE_DEVICES=-1 aebench run."
    ]


def test_on_one_kind_of_device_or_an_unknown_one_they_are_ranked():
    for platforms in ({}, {"jax": "gpu", "torch": "gpu"}, {"torch": "gpu"}):
        verdict, _, notes, notices = shown(computing_on(**platforms))
        assert verdict in ("slower", "faster", "same", "inconclusive")
        assert not notes and not notices

"""Compare what ladder and profile tell of a training step, where they measured the same one.

How they are compared, and why so, is in ``docs/method/ladder.md``.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.consistency import as_fast
from aebench.reports.summary.ladder import FRAMEWORK, PRODUCTS, LadderRow
from aebench.reports.summary.profile import ProfileRow
from aebench.reports.summary.questions import Runs
from aebench.reports.summary.shared import ContenderView

# The workload that a profile traces: fit, without progress bar and garbage collection.
_TRACED = "train"
_FIT, _WITHOUT_METRICS = "fit", "fit-without-metrics"
# The profile's categories: products, and those in which no operation of the model runs.
MATRIX_PRODUCT, WAITING = "matrix product", "waiting"
WITHOUT_OPERATION = ("data", "Python and Keras", WAITING)


class ComparedPart(msgspec.Struct, frozen=True):
    """A part of a step, by the ladder and by the profile.

    ``ladder_seconds`` has the 95 % interval of one more launch, ``profile_seconds`` the range that
    the profile's rounds allow. ``at_most`` says that the profile's part holds more than the
    ladder's, which can only be too large.
    """

    name: str
    ladder_seconds: Estimate
    profile_seconds: Estimate
    at_most: bool = False

    @property
    def apart_seconds(self) -> float:
        """The gap between interval and range; 0 where ladder and profile agree."""
        (low, high), (least, most) = _ends(self.ladder_seconds), _ends(self.profile_seconds)
        return max(0.0, low - most, 0.0 if self.at_most else least - high)


class LadderAgreement(msgspec.Struct, frozen=True):
    """A contender's ladder beside its profile in a cell; the names are those of their rows.

    There are ``parts``, or a ``reason`` why the two aren't compared.
    """

    contender: str
    profiled: str
    model: str
    workload: str
    batch_size: int
    parts: list[ComparedPart] = []
    reason: str = ""


class _Origin(NamedTuple):
    """The run that a row comes from, and its contender's name there."""

    run: int
    contender: str


def rows(
    sources: Sequence[Record],
    views: Sequence[ContenderView],
    ladders: Sequence[LadderRow],
    profiles: Sequence[ProfileRow],
) -> list[LadderAgreement]:
    """Return a row for each ladder of training and each profile of the same steps.

    The profiles are those of the ladder's own run, or else those of runs that differ in nothing
    that matters. If all runs do, the row says in what.
    """
    if not ladders or not profiles:
        return []
    beside: dict[tuple[str, str, int], list[tuple[int, ProfileRow]]] = {}
    origins = _origins(views, record.Profile)
    for profile in profiles:
        origin = origins.get((profile.contender, profile.model))
        if origin:
            key = (origin.contender, profile.model, profile.batch_size)
            beside.setdefault(key, []).append((origin.run, profile))
    runs = Runs(sources)
    origins = _origins(views, record.RungRound)
    found = []
    for ladder in ladders:
        origin = origins.get((ladder.contender, ladder.model))
        if origin and ladder.workload == _TRACED:
            there = beside.get((origin.contender, ladder.model, ladder.batch_size), [])
            reasons = {
                other: runs.difference(origin.run, other) or _speed(sources, origin.run, other)
                for other, _ in there
            }
            found += _row(ladder, origin.run, there, reasons)
    return found


def _origins(
    views: Sequence[ContenderView], kind: type[record.Event]
) -> dict[tuple[str, str], _Origin]:
    """Return by shown name and model which run measured events of a kind.

    Runs share a contender's name only where each has passes of its own.
    """
    return {
        (view.name, model.name): _Origin(view.run, view.info.name)
        for view in views
        for model in view.source.header.models
        if view.of(kind, model.name)
    }


def _row(
    ladder: LadderRow,
    run: int,
    there: Sequence[tuple[int, ProfileRow]],
    reasons: Mapping[int, str],
) -> list[LadderAgreement]:
    own = [each for each in there if each[0] == run]
    alike = [profile for other, profile in own or there if not reasons[other]]
    if alike:
        return [_compared(ladder, profile) for profile in alike]
    return [_between(ladder, profile, reason=reasons[other]) for other, profile in there[:1]]


def _speed(sources: Sequence[Record], run: int, other: int) -> str:
    return "" if as_fast(sources[run], sources[other]) else "another speed of the machine"


def _compared(ladder: LadderRow, profile: ProfileRow) -> LadderAgreement:
    if ladder.launches < 2:
        return _between(ladder, profile, reason="the ladder has one launch, and no error")
    if profile.noisy:
        return _between(ladder, profile, reason="the profile's steps took very different times")
    return _between(ladder, profile, parts=_parts(ladder, profile))


def _between(
    ladder: LadderRow,
    profile: ProfileRow,
    parts: Sequence[ComparedPart] = (),
    reason: str = "",
) -> LadderAgreement:
    return LadderAgreement(
        ladder.contender,
        profile.contender,
        ladder.model,
        ladder.workload,
        ladder.batch_size,
        list(parts),
        reason,
    )


def _parts(ladder: LadderRow, profile: ProfileRow) -> list[ComparedPart]:
    found = []
    launches = {each.name: each.launch_seconds for each in ladder.rungs if each.steps}
    seconds = profile.category_seconds
    if _FIT in launches and profile.step_seconds:
        found.append(ComparedPart("fit", _one_more(launches[_FIT]), profile.step_seconds))
    if PRODUCTS in launches and MATRIX_PRODUCT in seconds:
        products = seconds[MATRIX_PRODUCT]
        # Products that a profiler leaves out are in what it takes for waiting.
        left_out = seconds.get(WAITING, 0.0) if profile.profile_note else 0.0
        traced = _in_any_round(profile, products, left_out)
        found.append(ComparedPart("matrix products", _one_more(launches[PRODUCTS]), traced))
    # What metrics compute are operations: Keras adds them, and the profile counts them elsewhere.
    above = launches.get(_WITHOUT_METRICS) or launches.get(_FIT, {})
    below = launches.get(FRAMEWORK, {})
    added = {each: above[each] - below[each] for each in above if each in below}
    if added:
        idle = sum(seconds.get(name, 0.0) for name in WITHOUT_OPERATION)
        found.append(
            ComparedPart(
                "Keras and Python",
                statistics.one_more(list(added.values())),
                _in_any_round(profile, idle),
                at_most=True,
            )
        )
    # A rung of a single launch has no error by which it could differ.
    return [each for each in found if each.ladder_seconds.high is not None]


def _one_more(launches: Mapping[int, float]) -> Estimate:
    """Return the interval of one more launch's seconds, which can't be negative."""
    found = statistics.one_more(list(launches.values()))
    return Estimate(found.value, found.low and max(0.0, found.low), found.high)


def _in_any_round(profile: ProfileRow, seconds: float, left_out: float = 0.0) -> Estimate:
    """Return a part of the trace that is shown, with its range over all rounds, traced or not.

    In none it is taken to change by more than the step. ``left_out`` may belong to it too.
    """
    step = profile.traced_step_seconds
    rounds = [1.0]
    for each in (profile.step_seconds, profile.traced_seconds):
        if each:
            rounds += [end / step for end in _ends(each)]
    return Estimate(seconds, seconds * min(rounds), (seconds + left_out) * max(rounds))


def _ends(value: Estimate) -> tuple[float, float]:
    low = value.value if value.low is None else value.low
    return low, value.value if value.high is None else value.high

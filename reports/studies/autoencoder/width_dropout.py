"""Answer the study's two questions in words, whatever the measured differences are.

Why a first layer of 400 and not 800? Would 800 with dropout generalise better? No answer is written
here in advance: paired differences and their intervals choose each sentence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aebench.reports.formatting import interval
from aebench.reports.studies import StudySection
from aebench.reports.studies.autoencoder.differences import Difference
from aebench.reports.studies.autoencoder.phrases import Words
from aebench.reports.studies.autoencoder.results import results_of
from aebench.reports.summary import MIB, Estimate, Summary
from aebench.reports.tables.shared import Table

# Smallest visible difference in grey levels: 1 % of the range from black to white.
_VISIBLE_LEVELS = 0.01 * 255


@dataclass(frozen=True)
class _Conjecture:
    """A conjecture: that differences between a pair of models are positive, or negative.

    ``signs`` maps fields of :class:`Difference` to ``higher`` or ``lower``. All must hold. The
    first is shown.
    """

    name: str
    pair: tuple[str, str]
    signs: dict[str, str]


_CONJECTURES = (
    # A wider gap alone may be underfitting that the two sets share a little less.
    _Conjecture("overfits", ("ae800", "ae400"), {"gap": "higher", "train_loss": "lower"}),
    _Conjecture("wider", ("ae800", "ae400"), {"test_loss": "lower"}),
    _Conjecture("narrows", ("ae800-steep", "ae800"), {"test_loss": "lower"}),
    _Conjecture("narrows 400", ("ae800-steep", "ae400"), {"test_loss": "lower"}),
    _Conjecture("generalises", ("ae800-dropout", "ae800"), {"gap": "lower"}),
    _Conjecture("improves", ("ae800-dropout", "ae800"), {"test_loss": "lower"}),
)


def answers(summary: Summary, language: str = "en") -> list[StudySection]:
    """Return the answers to the questions for which the summary has differences.

    Parameters
    ----------
    summary : Summary
        The summary of one record or of several, such as records with fewer training images.
    language : str
        One of :data:`aebench.reports.studies.autoencoder.phrases.LANGUAGES`.

    Returns
    -------
    list of StudySection
        A section per question, and one that judges conjectures. Nothing is said of a pair of
        models that have no seed in common, or of which a model got stuck with every such seed:
        the table of losses counts these.
    """
    words = Words(language)
    differences = results_of(summary).differences
    found = []
    for name, pair in (("width", ("ae800", "ae400")), ("dropout", ("ae800-dropout", "ae800"))):
        main = _main(differences, pair)
        if main:
            paragraphs = list(_paragraphs(summary, main, name, words))
            found.append(StudySection(words.say(name), paragraphs, []))
    judged = [
        (conjecture, main)
        for conjecture in _CONJECTURES
        for size in sorted({each.train_samples for each in differences})
        for main in [_main(_of_size(differences, size), conjecture.pair)]
        if main
    ]
    if judged:
        columns = ["conjecture", "decided by", "images", "difference", "seeds", "so"]
        who = words.listed(list(dict.fromkeys(main.contender for _, main in judged)))
        sizes = {main.train_samples for _, main in judged}
        table = Table(
            words.say("judged"),
            [words.say(each) for each in columns],
            [_judge(conjecture, main, words) for conjecture, main in judged],
            [
                words.say("note", who=who),
                *_steps(summary, words),
                *_undecided(summary, sizes, words),
            ],
        )
        found.append(StudySection(words.say("conjectures"), [], [table]))
    return found


def _main(differences: Sequence[Difference], pair: tuple[str, str]) -> Difference | None:
    """Return the pair's difference with the most training images, then the most seeds.

    Return None if the pair wasn't compared.
    """
    about = [each for each in differences if (each.model, each.against) == pair]
    return max(about, key=lambda each: (each.train_samples, len(each.seeds)), default=None)


def _paragraphs(summary: Summary, main: Difference, name: str, words: Words) -> Iterator[str]:
    one, other = main.model, main.against
    sign = _sign(main.test_loss_adjusted)
    yield words.say(
        sign or "single",
        one=one,
        other=other,
        loss=words.change(main.test_loss),
        adjusted=words.change(main.test_loss_adjusted).partition(" ")[2],
        seeds=str(len(main.seeds)),
        who=main.contender,
        comparisons=str(main.comparisons),
    )
    if main.left_out:
        yield words.say("left out", seeds=words.listed(list(map(str, main.left_out))))
    yield words.say(
        f"gap {_sign(main.gap_adjusted) or 'single'}",
        one=one,
        other=other,
        mine=words.loss(main.gap_mine),
        theirs=words.loss(main.gap_against),
        gap=words.change(main.gap),
    )
    yield _cost(summary, main, words)
    if main.epochs > 1:
        yield _falling(main, words)
    if main.levels_apart is not None:
        yield _seen(main, words)
    if sign:
        gap = _sign(main.gap_adjusted)
        beside = words.say(f"and gap {gap}") if gap in ("higher", "lower") else ""
        yield words.say(f"{name} {sign}", gap=beside)


def _sign(value: Estimate) -> str:
    """Return ``higher``, ``lower`` or ``open``: an interval above, below or around zero.

    Return an empty text if the value has no interval.
    """
    if value.low is None or value.high is None:
        return ""
    if value.low > 0:
        return "higher"
    return "lower" if value.high < 0 else "open"


def _cost(summary: Summary, main: Difference, words: Words) -> str:
    counts = {each.name: each.parameters or 0 for each in summary.models}
    same = counts[main.model] == counts[main.against]
    peaks = {
        row.model: row.peak_bytes.value / MIB
        for row in summary.footprint
        if row.contender == main.contender and row.peak_bytes
    }
    memory = ""
    if main.model in peaks and main.against in peaks:
        memory = words.say(
            "memory",
            mine=words.number(interval(peaks[main.model])),
            theirs=words.number(interval(peaks[main.against])),
        )
    times = main.times
    return words.say(
        "cost",
        one=main.model,
        other=main.against,
        times=words.interval(interval(times.value, times.low, times.high)),
        parameters=words.say(
            "parameters same" if same else "parameters other",
            mine=words.number(f"{counts[main.model]:,}"),
            theirs=words.number(f"{counts[main.against]:,}"),
        ),
        memory=memory,
    )


def _falling(main: Difference, words: Words) -> str:
    still = [
        name
        for name, change in (
            (main.model, main.falling),
            (main.against, main.falling_against),
        )
        if _sign(change) == "lower"
    ]
    which = {0: "which none", 1: "which one", 2: "which both"}[len(still)]
    which = which if _sign(main.falling) else "which single"
    return words.say(
        "falling",
        epochs=str(max(1, main.epochs // 4)),
        all_epochs=str(main.epochs),
        one=main.model,
        other=main.against,
        mine=words.change(main.falling),
        theirs=words.change(main.falling_against),
        which=words.say(which, name="".join(still[:1])),
    )


def _seen(main: Difference, words: Words) -> str:
    off, off_other = main.levels_off or 0.0, main.levels_off_against or 0.0
    closer = main.model if off < off_other else main.against
    seen = abs(off - off_other) >= _VISIBLE_LEVELS
    return words.say(
        "seen",
        one=main.model,
        other=main.against,
        mine=words.number(f"{off:.1f}"),
        theirs=words.number(f"{off_other:.1f}"),
        apart=words.number(f"{main.levels_apart or 0.0:.1f}"),
        visible=words.say("visible" if seen else "invisible", name=closer),
    )


def _steps(summary: Summary, words: Words) -> Iterator[str]:
    """Yield a sentence on the steps per number of training images, if there are several numbers."""
    found = {
        row.train_samples: row.epochs * (row.train_samples // row.batch_size)
        for row in summary.quality
        if row.seeds and row.batch_size
    }
    if len(found) > 1:
        told = [
            words.say(
                "steps with", steps=words.number(f"{steps:,}"), images=words.number(f"{size:,}")
            )
            for size, steps in sorted(found.items())
        ]
        yield words.say("steps", steps=words.listed(told))


def _undecided(summary: Summary, judged: set[int], words: Words) -> Iterator[str]:
    """Yield a sentence per number of images with which stuck trainings left no pair to judge."""
    by_size: dict[int, list[bool]] = {}
    for row in summary.quality:
        by_size.setdefault(row.train_samples, []).extend(each.stuck for each in row.trainings)
    for size, stuck in sorted(by_size.items()):
        if size not in judged and any(stuck):
            yield words.say(
                "undecided",
                images=words.number(f"{size:,}"),
                stuck=str(sum(stuck)),
                trainings=str(len(stuck)),
            )


def _of_size(differences: Sequence[Difference], size: int) -> list[Difference]:
    return [each for each in differences if each.train_samples == size]


def _judge(conjecture: _Conjecture, main: Difference, words: Words) -> list[str]:
    """Return a conjecture's row of the table: the differences that decide it, and the verdict.

    Where one of several differences has the opposite sign, the conjecture is contradicted.
    """
    one, other = conjecture.pair
    found = {name: getattr(main, f"{name}_adjusted") for name in conjecture.signs}
    right = [_sign(found[name]) == wanted for name, wanted in conjecture.signs.items()]
    wrong = [
        _sign(found[name]) in {"higher", "lower"} - {wanted}
        for name, wanted in conjecture.signs.items()
    ]
    verdict = "supported" if all(right) else "contradicted" if any(wrong) else "not shown"
    return [
        words.say(conjecture.name),
        "; ".join(words.say(f"{name} of", one=one, other=other) for name in found),
        words.number(f"{main.train_samples:,}"),
        "; ".join(map(words.change, found.values())),
        str(len(main.seeds)),
        words.say(verdict),
    ]

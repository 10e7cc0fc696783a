"""What the quality pass showed: losses after training."""

from collections.abc import Sequence

import msgspec

from reports import record, statistics
from reports.journal import Record
from reports.summary.shared import Interval, Shown, pairs


class QualityRow(msgspec.Struct, frozen=True):
    """Training of one contender × definition; intervals are the seeds' range."""

    contender: str
    definition: str
    seeds: int = 0
    epochs: int = 0
    test_loss: Interval | None = None
    train_loss: Interval | None = None
    gap: Interval | None = None
    epoch_seconds: float = 0.0
    test_losses: list[float] = []
    failure: str = ""


def rows(sources: Sequence[Record], entrants: Sequence[Shown]) -> list[QualityRow]:
    """Summarise every contender × definition of which a training ended, or failed."""
    found = []
    for definition, entrant in pairs(sources, entrants, "quality"):
        epochs = entrant.source.header.plan.epochs
        mine = entrant.of(record.QualityEpoch, definition)
        failure = entrant.failure("quality", definition)
        last = [row for row in mine if row.epoch == epochs and row.train_loss is not None]
        if not last:
            if failure:
                found.append(QualityRow(entrant.name, definition, failure=failure))
            continue
        train = [row.train_loss for row in last if row.train_loss is not None]
        found.append(
            QualityRow(
                entrant.name,
                definition,
                seeds=len(last),
                epochs=epochs,
                test_loss=Interval.spanning([row.test_loss for row in last]),
                train_loss=Interval.spanning(train),
                gap=Interval.spanning(
                    [row.test_loss - each for row, each in zip(last, train, strict=True)]
                ),
                epoch_seconds=statistics.median(
                    [row.train_seconds for row in mine if row.epoch > 1]
                    or [row.train_seconds for row in mine]
                ).value,
                test_losses=[
                    statistics.median([row.test_loss for row in mine if row.epoch == epoch]).value
                    for epoch in range(1, epochs + 1)
                ],
                failure=failure,
            )
        )
    return found

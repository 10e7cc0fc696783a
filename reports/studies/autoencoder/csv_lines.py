"""Write the lines of the autoencoders' study in ``data.csv``."""

from collections.abc import Iterator

from aebench.reports.csv_export import Line, line
from aebench.reports.studies.autoencoder.differences import Difference
from aebench.reports.studies.autoencoder.results import results_of
from aebench.reports.summary import Summary


def csv_lines(summary: Summary) -> Iterator[Line]:
    """Yield a line per training on whether it got stuck, then the differences between models."""
    for row in summary.quality:
        for training in row.trainings:
            where = (row.model, None, None, row.contender)
            yield from line(where, f"on the plateau, seed {training.seed}", int(training.stuck))
    for choice in results_of(summary).differences:
        yield from _difference(choice)


def _difference(choice: Difference) -> Iterator[Line]:
    where = (choice.model, None, None, choice.contender)
    beside = f"beside {choice.against}, {choice.train_samples} training images"
    yield from line(where, f"test loss {beside}", choice.test_loss)
    yield from line(where, f"test loss {beside}, adjusted", choice.test_loss_adjusted)
    yield from line(where, f"gap {beside}", choice.gap)
    yield from line(where, f"gap {beside}, adjusted", choice.gap_adjusted)
    yield from line(where, f"training time {beside}, ratio", choice.times)
    yield from line(where, f"test loss, change over the last quarter {beside}", choice.falling)
    for figure, level in (
        ("off the original", choice.levels_off),
        (f"of {choice.against} off the original", choice.levels_off_against),
        (f"apart from {choice.against}", choice.levels_apart),
    ):
        yield from line(where, f"grey levels {figure} {beside}", level)

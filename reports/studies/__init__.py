"""Studies: what a report adds for one family of models.

A study is a package in this folder with an instance of :class:`Study` called ``STUDY``. Reports
know only the list of studies: what a study says appears where a record holds models of its family.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from aebench.reports.record import Header

if TYPE_CHECKING:
    from aebench.reports.csv_export import Line
    from aebench.reports.summary import Summary
    from aebench.reports.summary.quality import QualityRow
    from aebench.reports.summary.shared import ContenderView
    from aebench.reports.tables.shared import Table


@dataclass(frozen=True)
class StudySection:
    """A section that a study puts before all others: paragraphs, and tables."""

    title: str
    paragraphs: list[str]
    tables: list["Table"] = field(default_factory=list)


class Plateau(msgspec.Struct, frozen=True):
    """A loss near which a training can get stuck, and the words for it.

    Parameters
    ----------
    loss : float
        The loss of the plateau.
    margin : float
        A training is stuck whose last test loss isn't below ``loss`` by more than this share.
    column : str
        The head of the column that counts stuck trainings.
    explanation : str
        The note under a table with this column.
    stayed : str
        What a stuck training did, such as "stayed on the plateau".
    excluded : str
        The note under a table that leaves stuck trainings out.
    """

    loss: float
    margin: float
    column: str
    explanation: str
    stayed: str
    excluded: str

    def holds(self, test_loss: float) -> bool:
        """Return whether a training that ended with this loss is stuck."""
        return test_loss > (1 - self.margin) * self.loss


class Study:
    """What a study can add to a report; a subclass overrides what it has.

    ``name`` is the study's key in :attr:`Summary.studies`. ``languages`` are those that
    :meth:`sections` can be written in. ``section_orders`` has the titles of the sections that the
    study's figures belong to, with their order among those of :mod:`aebench.reports.sections`.
    ``figure_modules`` are the modules with the study's figures, which import matplotlib.
    ``subject`` and ``samples`` are the words of a title, such as "Models" and "samples".
    """

    name = ""
    languages: tuple[str, ...] = ("en",)
    section_orders: dict[str, int] = {}  # noqa: RUF012
    figure_modules: tuple[str, ...] = ()
    subject = "Models"
    samples = "samples"

    def about(self, header: Header) -> bool:
        """Return whether a record holds models of this study's family."""
        raise NotImplementedError

    def plateau(self, header: Header) -> Plateau | None:
        """Return the loss near which a training can get stuck; None if none is known."""
        return None

    def summarise(self, views: Sequence["ContenderView"], rows: Sequence["QualityRow"]) -> Any:
        """Derive what the study shows, as a struct; it is kept in :attr:`Summary.studies`."""
        return None

    def sections(self, summary: "Summary", language: str) -> list[StudySection]:
        """Return the sections that a report begins with."""
        return []

    def headline(self, summary: "Summary") -> list[str]:
        """Return the study's result in a few sentences."""
        return []

    def csv_lines(self, summary: "Summary") -> Iterator["Line"]:
        """Yield the study's lines of ``data.csv``."""
        return iter(())


@cache
def all_studies() -> tuple[Study, ...]:
    """Import the studies of this folder and return them by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").STUDY for name in names)


def about(header: Header) -> list[Study]:
    """Return the studies that a record is about."""
    return [study for study in all_studies() if study.about(header)]


def named(names: Sequence[str]) -> list[Study]:
    """Return the studies of these names."""
    return [study for study in all_studies() if study.name in names]


def plateau(header: Header) -> Plateau | None:
    """Return the plateau of a record's models, if a study knows one."""
    found = (study.plateau(header) for study in about(header))
    return next((each for each in found if each is not None), None)


def languages() -> tuple[str, ...]:
    """Return the languages that any study's sections can be written in, English first."""
    found = dict.fromkeys(name for study in all_studies() for name in study.languages)
    return ("en", *(name for name in found if name != "en"))

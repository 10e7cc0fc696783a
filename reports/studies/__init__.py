"""Studies: sections, figures and lines that a report adds for one family of models.

A study is a package in this folder with an instance of :class:`Study` called ``STUDY``. A report
shows a study's results if one of its records has models of the study's family.
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
    """A section of a study, with paragraphs and tables; a report shows it on a page of its own."""

    title: str
    paragraphs: list[str]
    tables: list["Table"] = field(default_factory=list)


class Plateau(msgspec.Struct, frozen=True):
    """A loss near which a training can get stuck, and the words with which reports say so.

    Parameters
    ----------
    loss : float
        The loss of the plateau.
    margin : float
        A training is stuck unless its last test loss is below ``loss`` by at least this share.
    column : str
        The head of the column that counts stuck trainings.
    explanation : str
        The note under a table with this column.
    stayed : str
        What a stuck training did, such as "stayed on the plateau".
    excluded : str
        The note under a table that leaves stuck trainings out.
    models : list of str
        The models whose trainings can get stuck; empty for all.
    """

    loss: float
    margin: float
    column: str
    explanation: str
    stayed: str
    excluded: str
    models: list[str] = []

    def is_of(self, model: str) -> bool:
        """Return whether the trainings of a model can get stuck on this plateau."""
        return not self.models or model in self.models

    def holds(self, test_loss: float) -> bool:
        """Return whether a training that ended with this test loss got stuck."""
        return test_loss > (1 - self.margin) * self.loss


class Study:
    """What a study can add to a report; a subclass overrides the parts that its study has.

    ``name`` is the study's key in :attr:`Summary.studies`. ``languages`` are the languages in which
    :meth:`sections` can be written. ``section_orders`` maps the titles of sections for the study's
    figures to their positions among the sections of :mod:`aebench.reports.sections`.
    ``figure_modules`` names the modules that draw the study's figures; they import matplotlib.
    ``subject`` and ``samples`` are words for the report's title, such as "Models" and "samples".
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
        """Return the plateau on which a training can get stuck; None if no plateau is known."""
        return None

    def summarise(self, views: Sequence["ContenderView"], rows: Sequence["QualityRow"]) -> Any:
        """Return the study's results as a struct, which :attr:`Summary.studies` keeps."""
        return None

    def sections(self, summary: "Summary", language: str) -> list[StudySection]:
        """Return the study's sections; without results, no sections."""
        return []

    def headline(self, summary: "Summary", language: str = "en") -> list[str]:
        """Return the study's result as a list of sentences; an empty list without results."""
        return []

    def csv_lines(self, summary: "Summary") -> Iterator["Line"]:
        """Yield the study's lines of ``data.csv``."""
        return iter(())


@cache
def all_studies() -> tuple[Study, ...]:
    """Import the studies of this folder and return them, sorted by the names of their packages."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").STUDY for name in names)


def about(header: Header) -> list[Study]:
    """Return the studies of whose family a record has models."""
    return [study for study in all_studies() if study.about(header)]


def named(names: Sequence[str]) -> list[Study]:
    """Return the studies whose names are in a list."""
    return [study for study in all_studies() if study.name in names]


def plateau(header: Header) -> Plateau | None:
    """Return the plateau of a record's models; None if no study knows a plateau."""
    found = (study.plateau(header) for study in about(header))
    return next((each for each in found if each is not None), None)


def languages() -> tuple[str, ...]:
    """Return the languages that any study's sections can be written in, English first."""
    found = dict.fromkeys(name for study in all_studies() for name in study.languages)
    return ("en", *(name for name in found if name != "en"))

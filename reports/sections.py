"""The sections of a report, and the views (figures and tables) that belong to them.

A view is declared in the file that makes it, in a list called ``VIEWS``. Collecting the views fails
if a file of figures or of tables has no views, or if a view names an unknown section.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeVar

from aebench.reports import studies

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from aebench.reports.summary import Summary
    from aebench.reports.tables.shared import Table

# Each section's title, and its position on the page. Sections of studies come between these.
SECTIONS = {
    "Throughput": 10,
    "Throughput, cell by cell": 20,
    "Parameters": 25,
    "Footprint": 30,
    "Quality": 40,
    "Cost against quality": 50,
    "Where time and memory go": 60,
    "The same model?": 70,
    "Is the instrument right?": 80,
}
# The pages behind the front page: each has the sections from its position on.
PAGES = {
    "speed": ("Speed", 10),
    "parameters": ("Parameters", 25),
    "footprint": ("Cold starts and memory", 30),
    "quality": ("Quality", 40),
    "profile": ("Where time and memory go", 60),
    "trust": ("The same model, and the instrument", 70),
}


class UnplacedViewError(Exception):
    """A figure or a table belongs to no section; the message says what to add."""


class View(Protocol):
    """What every view declares: its name, its section, and its order within the section."""

    @property
    def name(self) -> str:
        """The view's name, unique among views of its kind."""

    @property
    def section(self) -> str:
        """The title of the section that shows the view."""

    @property
    def order(self) -> int:
        """The view's position among the views of its section, lowest first."""


V = TypeVar("V", bound=View)


@dataclass(frozen=True)
class TableView:
    """Tables of one kind.

    Parameters
    ----------
    name, section, order
        See :class:`View`.
    make : callable
        Returns the tables of a summary, or an empty list where nothing was measured.
    terminal_order : int, optional
        Position of these tables in terminal output, lowest first. Without it they aren't shown
        there.
    """

    name: str
    section: str
    order: int
    make: Callable[["Summary"], list["Table"]]
    terminal_order: int | None = None


@dataclass(frozen=True)
class FigureView:
    """One figure.

    Parameters
    ----------
    name, section, order
        See :class:`View`; the name is the figure's file name without its ending.
    draw : callable
        Draws into an empty figure and returns the caption, or an empty text if there is no data.
    """

    name: str
    section: str
    order: int
    draw: Callable[["Summary", "Figure"], str]


@dataclass(frozen=True)
class Drawn:
    """A figure that was drawn: its name, its caption, its section, and its order there."""

    name: str
    caption: str
    section: str
    order: int


def section_orders() -> dict[str, int]:
    """Return the titles of all sections, those of studies included, in the order of the page."""
    orders = dict(SECTIONS)
    for study in studies.all_studies():
        orders |= study.section_orders
    return dict(sorted(orders.items(), key=lambda item: item[1]))


def page_of(order: int) -> str:
    """Return the name of the page with the sections at a position."""
    return max(
        (name for name, (_, first) in PAGES.items() if first <= order),
        key=lambda name: PAGES[name][1],
    )


def discover(package: ModuleType, helpers: Collection[str], kind: type[V]) -> list[V]:
    """Import the modules of a package and collect the views that they declare.

    Parameters
    ----------
    package : module
        The package of figures or of tables.
    helpers : collection of str
        Names of the package's modules that declare no views; these are skipped.
    kind : type
        The type of view: :class:`TableView` or :class:`FigureView`.

    Raises
    ------
    UnplacedViewError
        If a module declares no views, or a view belongs to no section.
    """
    names = [found.name for found in pkgutil.iter_modules(package.__path__)]
    modules = [f"{package.__name__}.{name}" for name in names if name not in helpers]
    return collect(modules, kind)


def collect(modules: Iterable[str], kind: type[V]) -> list[V]:
    """Import modules by name and return their views in the order of the page.

    The parameter ``kind`` and the errors are those of :func:`discover`.
    """
    orders = section_orders()
    found: list[V] = []
    for name in modules:
        views = getattr(importlib.import_module(name), "VIEWS", [])
        if not views:
            raise UnplacedViewError(
                f"{name} declares no views: add VIEWS = [{kind.__name__}(...)] with a section, or "
                "name the module among the helpers of its package."
            )
        for view in views:
            if view.section not in orders:
                raise UnplacedViewError(
                    f"{name}: the view {view.name} belongs to the section {view.section!r}, which "
                    f"no report has: use one of {', '.join(orders)}."
                )
        found += views
    return sorted(found, key=lambda view: (orders[view.section], view.order))

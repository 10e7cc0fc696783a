"""The results that the autoencoders' study derives from records."""

from collections.abc import Sequence

import msgspec

from aebench.reports.studies.autoencoder.differences import Difference, differences
from aebench.reports.studies.autoencoder.digits import Digits, digits
from aebench.reports.summary import Summary
from aebench.reports.summary.quality import QualityRow
from aebench.reports.summary.shared import ContenderView


class Results(msgspec.Struct, frozen=True):
    """The differences between pairs of models, and pictures of reconstructed digits."""

    differences: list[Difference] = []
    digits: list[Digits] = []


def results(views: Sequence[ContenderView], rows: Sequence[QualityRow]) -> Results:
    """Derive the results from the contenders and their trainings."""
    return Results(differences(views, rows), digits(views, rows))


def results_of(summary: Summary) -> Results:
    """Return a summary's results of this study; empty results if it has no autoencoders."""
    found = summary.studies.get("autoencoder")
    return found if isinstance(found, Results) else Results()

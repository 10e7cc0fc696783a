"""The study of autoencoders: what a wider network costs, and whether dropout helps."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aebench.reports.record import Header
from aebench.reports.studies import Plateau, Study, StudySection

if TYPE_CHECKING:
    from aebench.reports.csv_export import Line
    from aebench.reports.studies.autoencoder.results import Results
    from aebench.reports.summary import Summary
    from aebench.reports.summary.quality import QualityRow
    from aebench.reports.summary.shared import ContenderView

# The names of the built-in autoencoders: ae400, ae800-dropout, ...
_NAME = re.compile(r"ae\d+(?![^\W_])")
# The module that builds them; records of schema 5 and before don't name it.
_MODULE = "aebench.bench.models.autoencoder"
_MARGIN = 0.05


class AutoencoderStudy(Study):
    """Questions on width and dropout, reconstructed digits, and the plateau of the mean image.

    The methods import the study's other modules, since these modules import the summary, and the
    summary imports this module.
    """

    name = "autoencoder"
    languages = ("en", "fr")
    section_orders = {"Reconstructions": 55}  # noqa: RUF012
    figure_modules = ("aebench.reports.studies.autoencoder.digits_figure",)
    subject = "Autoencoders"
    samples = "images"

    def about(self, header: Header) -> bool:
        """Return whether a record holds a built-in autoencoder."""
        return bool(_mine(header))

    def plateau(self, header: Header) -> Plateau | None:
        """Return the plateau at the loss of a model that always outputs the mean training image.

        Return None if the record doesn't have that loss.
        """
        loss = header.data.mean_image_loss
        if loss is None:
            return None
        return Plateau(
            loss,
            _MARGIN,
            column="on plateau",
            explanation=(
                "On the plateau: seeds that ended less than 5 % below "
                f"{loss:.4f}, the loss of answering with the mean image. They are "
                "not in the means, unless none left it."
            ),
            stayed="stayed on the plateau of the mean image",
            excluded="What stayed on the plateau has no part in it.",
            models=[] if len(_mine(header)) == len(header.models) else _mine(header),
        )

    def summarise(
        self, views: Sequence["ContenderView"], rows: Sequence["QualityRow"]
    ) -> "Results":
        """Return the differences between pairs of models, and reconstructions of test images."""
        from aebench.reports.studies.autoencoder.results import results

        return results(views, rows)

    def sections(self, summary: "Summary", language: str) -> list[StudySection]:
        """Return the answers to the questions on width and dropout."""
        from aebench.reports.studies.autoencoder.width_dropout import answers

        return answers(summary, language)

    def headline(self, summary: "Summary", language: str = "en") -> list[str]:
        """Return a text per question, with the first and last paragraph of its answer."""
        return [
            " ".join(
                [section.title, *dict.fromkeys([*section.paragraphs[:1], *section.paragraphs[-1:]])]
            )
            for section in self.sections(summary, language)
            if section.paragraphs
        ]

    def csv_lines(self, summary: "Summary") -> Iterator["Line"]:
        """Yield lines on stuck trainings, and on the differences between pairs of models."""
        from aebench.reports.studies.autoencoder.csv_lines import csv_lines

        return csv_lines(summary)


STUDY = AutoencoderStudy()


def _mine(header: Header) -> list[str]:
    """Return the names of the built-in autoencoders of a record."""
    return [
        model.name
        for model in header.models
        if _NAME.match(model.name) and model.where in ("", _MODULE)
    ]

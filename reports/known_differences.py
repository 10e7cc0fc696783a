"""Say what is known of a difference that parity found, and what can be done about it."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aebench.reports.summary import ParityRow

_EMBEDDING = re.compile(r"^step\b.*embedding")


def known(row: "ParityRow") -> str:
    """Return sentences on a difference whose cause is known; empty if it isn't.

    Keras 3.15.1's optimisers on TensorFlow don't sum the gradients of an embedding's row that a
    batch repeats before they square them: Adam, AdamW and RMSprop then take another step.
    """
    on_tensorflow = re.split("[:@ ]", row.contender)[0] == "tensorflow"
    if on_tensorflow and _EMBEDDING.search(row.differs):
        return (
            "This is known: where a batch repeats integers, Adam, AdamW and RMSprop of Keras on "
            "TensorFlow take another step for an embedding than on the other backends. SGD agrees, "
            "and prediction is ranked nevertheless."
        )
    return ""

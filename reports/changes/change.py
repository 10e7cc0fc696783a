"""One quantity of one contender, before and after, and what its change is called."""

from dataclasses import dataclass

from aebench.reports.changes.judging import Judged
from aebench.reports.statistics import Estimate

TIME, PEAK, START, LOSS, PARITY = "time", "peak", "start", "loss", "parity"
QUANTITIES = (TIME, PEAK, START, LOSS, PARITY)


@dataclass(frozen=True)
class Change:
    """A change of a quantity.

    Parameters
    ----------
    quantity : str
        One of :data:`QUANTITIES`.
    place : tuple of str
        Where: workload, model and batch size for a time, else the model alone.
    contender : str
        The contender.
    judged : Judged or None
        The ratio of new to base; None if it can't be told.
    reason : str
        Why not, or for parity what differs; empty otherwise. A ratio with a reason is only shown:
        no rule is judged by it.
    against : str
        The contender whose time both runs share, to which ratios are; empty for the quantity
        itself.
    base, new : Estimate or None
        The quantity on either side: the ratio to ``against`` if there is one, else seconds, bytes
        or a loss.
    noise_floor : float or None
        The largest difference, a share, that A/A controls allow in either run.
    broken : bool
        For parity: whether the model was shown to be the same in base, and isn't in new.
    repaired : bool
        The other way round.
    lacking : bool
        Whether the new side didn't measure it at all.
    """

    quantity: str
    place: tuple[str, ...]
    contender: str
    judged: Judged | None = None
    reason: str = ""
    against: str = ""
    base: Estimate | None = None
    new: Estimate | None = None
    noise_floor: float | None = None
    broken: bool = False
    repaired: bool = False
    lacking: bool = False

    @property
    def key(self) -> str:
        """The change's place and contender with slashes between, as patterns of rules match it."""
        return "/".join((*self.place, self.contender))

    @property
    def ratio(self) -> Estimate | None:
        """The ratio of new to base, with its interval; None if it can't be told."""
        return self.judged.compared.ratio if self.judged else None

    @property
    def model(self) -> str:
        """The model's name."""
        return self.place[1] if self.quantity == TIME else self.place[0]

    @property
    def where(self) -> str:
        """The change's place in words."""
        if self.quantity != TIME:
            return self.model
        return f"{self.place[0]} {self.model}, batch {self.place[2]}"

"""Say which contender of a cell is fastest, or why none can be named."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean

from aebench.reports.summary.cell_comparisons import CellComparisons
from aebench.reports.summary.cell_measurements import EPOCH, STEPS
from aebench.reports.summary.speed_rows import SpeedCell


@dataclass(frozen=True)
class Ranking:
    """The order of a cell's contenders: a leader, and its comparisons with all others.

    Parameters
    ----------
    leader : str
        The contender with the shortest time; empty if there are fewer than two to rank.
    p_values : sequence of float
        For each other contender, the p-value of its not being slower than the leader.
    tests : int
        Number of pairs of contenders: any pair could have been the two in question.
    """

    leader: str = ""
    p_values: Sequence[float] = ()
    tests: int = 0


class CellAnswer:
    """The answer of a cell.

    Parameters
    ----------
    compared : CellComparisons
        The comparisons of the cell's contenders.
    """

    def __init__(self, compared: CellComparisons) -> None:
        self._compared = compared
        self._cell = compared.cell

    def answer(self, cell: SpeedCell) -> tuple[str, str, Ranking]:
        """Return the fastest contender, a sentence on it, and the ranking behind it.

        The contender is empty if none can be named, and the sentence says why.
        """
        why_not = self._why_no_verdicts(cell)
        return ("", why_not, Ranking()) if why_not else self._ranked()

    def _why_no_verdicts(self, cell: SpeedCell) -> str:
        """Return a sentence on why no contender may be called fastest; empty if one may be.

        Reasons are a machine that did other work in most blocks, a reference that isn't shown to be
        the same model, blocks that are missing from the plan, and a single launch.
        """
        nobody = f"No contender is called fastest for {self._cell.where} ({self._cell.workload})"
        if cell.mostly_disturbed:
            return (
                f"{nobody}: the machine did other work in {cell.disturbed} of the {cell.blocks} "
                "blocks that count."
            )
        reference = self._cell.reference
        if self._cell.differs.get(reference):
            return f"{nobody}: {reference}, the reference, isn't shown to be the same model."
        for name in self._cell.peers:
            mine = self._cell.blocks[name]
            planned = self._cell.planned(name)
            if len(mine) < planned and len(mine) == max(
                len(self._cell.blocks[n]) for n in self._cell.peers
            ):
                return f"{nobody}: {len(mine)} of {planned} blocks were measured."
        if len(self._cell.peers) > 1 and cell.launches == 1:
            return f"{nobody}: a single launch doesn't show how much processes differ."
        return ""

    def _place(self, name: str) -> float:
        """Return the logarithm by which contenders are ordered: of their paired ratio.

        It is that to the reference. Only contenders without a block in common go by their seconds.
        """
        reference = self._cell.reference
        if name == reference:
            return 0.0
        paired = (
            self._compared.compare_epochs(name, reference, 1, 0.0)
            if self._cell.judged_by == "epoch"
            else self._compared.compare(name, reference, 1)
        )
        return log(paired.ratio.value) if paired else self._seconds(name) - self._seconds(reference)

    def _seconds(self, name: str) -> float:
        """Return the mean logarithm of what the cell is judged by."""
        return fmean(self._cell.means(EPOCH if self._cell.judged_by == "epoch" else STEPS, name))

    def _ranked(self) -> tuple[str, str, Ranking]:
        """Return the fastest contender, a sentence on it, and the ranking behind it.

        The contender is empty if paired intervals don't show one to be fastest; the sentence then
        says so. All are empty with fewer than two ranked contenders.
        """
        if len(self._cell.peers) < 2:
            return "", "", Ranking()
        leader = min(self._cell.peers, key=self._place)
        peers = sorted(set(self._cell.peers) - {leader})
        found = {
            peer: self._compared.compare_epochs(peer, leader, len(peers), self._compared.excess)
            if self._cell.judged_by == "epoch"
            else self._compared.compare(peer, leader, len(peers), self._compared.excess)
            for peer in peers
        }
        strangers = [peer for peer, compared in found.items() if compared is None]
        if strangers:
            return (
                "",
                f"No backend is called fastest for {self._cell.where}: {leader} leads, but shared "
                f"no blocks with {' and '.join(strangers)}.",
                Ranking(),
            )
        known = {peer: compared for peer, compared in found.items() if compared}
        ranking = Ranking(
            leader,
            [compared.p_value(self._cell.plan.different) for compared in known.values()],
            len(self._cell.peers) * len(peers) // 2,
        )
        beaten = {
            peer: compared.ratio.value
            for peer, compared in known.items()
            if self._compared.verdict(peer, leader, compared) == "slower"
        }
        if len(beaten) == len(peers):
            slower = " and ".join(
                f"{peer} takes {beaten[peer]:.3g} times as long" for peer in peers
            )
            unit = "an epoch" if self._cell.judged_by == "epoch" else f"a {self._cell.judged_by}"
            return (
                leader,
                f"On {self._cell.machine} {leader} {self._cell.verb} {self._cell.where} fastest: "
                f"for {unit}, {slower}.",
                ranking,
            )
        others = " and ".join(sorted(set(peers) - set(beaten)))
        return (
            "",
            f"No backend is shown to be fastest for {self._cell.where}: {leader} leads, "
            f"{others} can't be told apart from it.",
            ranking,
        )

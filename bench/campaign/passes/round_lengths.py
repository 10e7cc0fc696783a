"""Choose the number of steps in a contender's round: enough that it takes about a fixed time."""

import math
from fractions import Fraction

from aebench.backends import inputs
from aebench.bench import workloads
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes.rounds import (
    MOST_TIMES_AS_MANY_STEPS,
    LaunchCell,
    Length,
    Session,
    steps_per_call,
)
from aebench.bench.plan.presets import LEAST_STEPS
from aebench.bench.protocol.messages.speed import Calibrate, Calibrated
from aebench.reports import record
from aebench.reports.record import Cell, ContenderInfo

WARMUP_BLOCK = -1
# A calibration has this many steps, then more until it takes so long: a few short steps would
# mostly time how long a result takes to come back.
CALIBRATION_STEPS = 10
CALIBRATION_SECONDS = 0.03
MOST_CALIBRATIONS = 6
# An epoch is long enough for at least this many rounds. A round never crosses the end of an epoch,
# so the steps between the last round and the end aren't timed.
LEAST_ROUNDS_IN_AN_EPOCH = 4
# Samples that are repeated to fill such an epoch take at most this much memory. Rounds get shorter
# instead: only where an accelerator's steps are much shorter than a millisecond.
MOST_EPOCH_BYTES = 256 * 2**20


def _batches_ahead(contender: ContenderInfo) -> int:
    path = contender.settings.get("input", "")
    return inputs.load(path).BATCHES_AHEAD if path else 0


class RoundLengths:
    """The steps in a round of each contender in each cell, the same in all launches.

    Rounds that are already in the record (in a resumed run) have fixed their number.

    Parameters
    ----------
    context : Context
        The context of the pass.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._steps = {
            (Cell(row.model, row.workload, row.batch_size), row.contender): row.steps
            for row in context.journal.record.of(record.Round)
            if row.block != WARMUP_BLOCK
        }

    def calibrate(self, session: Session, cell: LaunchCell) -> None:
        """Choose the steps of a session's first round by the time that a step takes.

        Where an earlier launch has fixed them, only the libraries of ``gemm`` are timed again.
        """
        known = self._known_steps(session.contender, cell)
        if known and session.contender.has_model:
            session.length = self._length(session.contender, cell, known)
            return
        steps = CALIBRATION_STEPS
        for _ in range(MOST_CALIBRATIONS):
            command = Calibrate(*cell.command_arguments, steps)
            answer = session.worker.ask(command, Calibrated)
            session.step_seconds = answer.step_seconds
            enough = steps * answer.step_seconds >= CALIBRATION_SECONDS
            if enough or self._most_steps(cell) < steps or self._steps_of_whole_call(cell) > 1:
                break
            steps *= 4
        if answer.library is not None:
            self._context.append(record.Library, answer, **cell.fields(session.contender))
        steps = known or self._enough_whole_steps(session, cell)
        session.length = self._length(session.contender, cell, steps)

    def to_compile(self, contender: ContenderInfo, cell: LaunchCell) -> list[int]:
        """Return the numbers of steps with which a contender's rounds, or calibration, begin."""
        known = self._known_steps(contender, cell)
        return list(self._length(contender, cell, known)) if known else [CALIBRATION_STEPS]

    def fix(self, session: Session, cell: LaunchCell) -> None:
        """Choose the steps of a session's round after the warm-up, once for all launches."""
        known = self._known_steps(session.contender, cell)
        if not known:
            most = session.length.steps * MOST_TIMES_AS_MANY_STEPS
            known = min(most, self._enough_whole_steps(session, cell))
        self._steps[cell.cell, session.contender.name] = known
        session.length = self._length(session.contender, cell, known)

    def restore(self, session: Session, cell: LaunchCell) -> None:
        """Give a session the length of its rounds in a cell, if it was fixed before."""
        known = self._known_steps(session.contender, cell)
        if known:
            session.length = self._length(session.contender, cell, known)

    def enough_steps(self, cell: LaunchCell, step_seconds: float) -> float:
        """Return the number of steps of such a duration that makes a round long enough."""
        steps = self._context.plan.round_seconds / step_seconds
        return min(self._most_steps(cell), max(LEAST_STEPS, steps))

    def most_epoch_steps(self, cell: LaunchCell) -> int:
        """Return the number of steps in an epoch whose samples have the allowed size."""
        sample_bytes = self._context.data[cell.cell.model].sample_bytes
        return MOST_EPOCH_BYTES // (sample_bytes * cell.cell.batch_size)

    def _known_steps(self, contender: ContenderInfo, cell: LaunchCell) -> int | None:
        """Return the steps of a contender's round in a cell, if they were fixed before.

        A control does what its original does: the number of the one that was measured first is
        that of both, also if that was in an earlier launch.
        """
        names = [contender.name, *(each.name for each in self._alike(contender))]
        fixed = (self._steps.get((cell.cell, name)) for name in names)
        return next(filter(None, fixed), None)

    def _alike(self, contender: ContenderInfo) -> list[ContenderInfo]:
        """List a contender's original, and all controls of that."""
        original = contender.control_of or contender.name
        return [
            each
            for each in self._context.plan.in_blocks
            if (each.control_of or each.name) == original
        ]

    def _length(self, contender: ContenderInfo, cell: LaunchCell, steps: int) -> Length:
        if cell.workload.timing == workloads.WHOLE_CALL:
            return Length.of_round(steps, whole_calls=True)
        length = Length.of_round(steps)
        # Batches that were made while others were measured are no part of a round.
        least = max(length.discarded_steps, _batches_ahead(contender))
        return length._replace(discarded_steps=least)

    def _most_steps(self, cell: LaunchCell) -> int:
        """Return the number of steps in a round that samples of the allowed size suffice for."""
        # A quarter as many steps are discarded.
        most = self.most_epoch_steps(cell) * 4 // (5 * LEAST_ROUNDS_IN_AN_EPOCH)
        return max(LEAST_STEPS, most)

    def _enough_whole_steps(self, session: Session, cell: LaunchCell) -> int:
        """Return the number of steps that makes a round long enough, as whole units of work."""
        # Round up to a multiple for which the extra steps of known-effect controls are a whole
        # number, and the steps are whole calls of the compiled function, or of predict.
        contender = session.contender
        of_call = self._steps_of_whole_call(cell)
        multiple = math.lcm(
            *(Fraction(str(each.known_effect)).denominator for each in self._alike(contender)),
            of_call if of_call > 1 else steps_per_call(contender),
        )
        return math.ceil(self.enough_steps(cell, session.step_seconds) / multiple) * multiple

    def _steps_of_whole_call(self, cell: LaunchCell) -> int:
        """Return the steps of a call with all samples; 1 where a round needs no whole calls."""
        if cell.workload.timing != workloads.WHOLE_CALL:
            return 1
        data = self._context.data[cell.cell.model].info
        samples = data.train_samples if cell.workload.split == "train" else data.test_samples
        return max(1, samples // cell.cell.batch_size)

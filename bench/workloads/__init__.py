"""The workloads: what is timed. Standard library only, since plan and worker both read this.

A workload is one file that defines ``WORKLOAD``, an instance of a subclass of :class:`Workload`.
Another distribution adds a workload by an entry point of the group ``aebench.workloads``: its name
is the workload's name, and its value is the dotted name of such a file.
"""

from collections.abc import Sequence
from importlib import import_module, metadata
from typing import Any, Protocol, cast

GROUP = "aebench.workloads"
STEP, CALL = "step", "call"
_BUILT_IN = ("train", "predict")


class Operations(Protocol):
    """The operations that a model needs for a sample; None where nobody counted them."""

    @property
    def forward_operations(self) -> int | None:
        """Return the floating-point operations of a forward pass over a sample."""

    @property
    def training_operations(self) -> int | None:
        """Return the floating-point operations of a training step per sample."""


class Workload:
    """What is timed, and the words that reports have for it.

    A subclass sets the attributes and defines :meth:`run` and, where ``timing`` is ``step``,
    :meth:`stop`.

    Attributes
    ----------
    name : str
        Lower-case letters, digits, ``-`` and ``_``, a letter first; at most 40 characters.
    verb, gerund : str
        Such as "trains" and "training"; an answer puts the model behind the verb.
    description : str
        What is run, for ``aebench list``.
    timing : str
        ``step``: a round is one stretch of steps inside :meth:`run`. ``call``: a round is a number
        of calls of :meth:`run`, and the seconds of each call are kept.
    trains : bool
        Whether it changes the weights by Keras's ``fit``: only then has it epochs.
    split : str
        Which samples it uses: ``train`` or ``test``.
    function : str
        The attribute of a Keras model that holds the compiled step: ``train_function`` or
        ``predict_function``; needed where ``timing`` is ``step``.
    batch_sizes : tuple of int
        Its own default batch sizes; empty for those of the preset.
    """

    name = ""
    verb = ""
    gerund = ""
    description = ""
    timing = STEP
    trains = False
    split = "test"
    function = ""
    batch_sizes: tuple[int, ...] = ()

    @property
    def module(self) -> str:
        """Return the dotted name of its file, by which a worker finds it."""
        return type(self).__module__

    def run(self, model: Any, samples: Any, batch_size: int, callbacks: Sequence[Any]) -> Any:
        """Run it once over all samples.

        Where ``timing`` is ``step``, this is repeated until :meth:`stop` was called and the round's
        script has ended. Where it is ``call``, ``samples`` are one batch, and this is what is timed.

        Parameters
        ----------
        model : keras.Model
            A compiled model.
        samples : Samples
            Arrays ``x`` and ``y``, the samples along the first axis; a whole number of batches.
        batch_size : int
            Samples per step.
        callbacks : sequence of keras.callbacks.Callback
            For Keras.

        Returns
        -------
        object
            Arrays that the timing waits for, or anything else.
        """
        raise NotImplementedError

    def stop(self, model: Any) -> None:
        """Make :meth:`run` return after the step at hand."""

    def operations(self, model: Operations) -> int | None:
        """Return how many floating-point operations a sample needs; None if nobody counted."""
        return model.training_operations if self.trains else model.forward_operations


def names() -> list[str]:
    """List the names of all workloads: the built-in ones, then those of other distributions."""
    return list(_modules())


def load(name: str, module: str = "") -> Workload:
    """Return a workload.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    module : str
        The dotted name of its file; looked up if empty. A worker is told it, since the
        distribution that adds the workload needn't be installed for its interpreter.

    Raises
    ------
    KeyError
        If there is no such workload.
    """
    return cast(Workload, import_module(module or _modules()[name]).WORKLOAD)


def _modules() -> dict[str, str]:
    """Map the names of workloads to the dotted names of their files; a built-in one can't be replaced."""
    added = {each.name: each.value for each in metadata.entry_points(group=GROUP)}
    return {name: f"{__name__}.{name}" for name in _BUILT_IN} | {
        name: module for name, module in added.items() if name not in _BUILT_IN
    }

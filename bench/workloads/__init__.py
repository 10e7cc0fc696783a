"""Define workloads. A workload is the work whose steps or calls are timed.

A workload is one file that defines ``WORKLOAD``, an instance of a subclass of :class:`Workload`.
Another installed package adds a workload by an entry point of the group ``aebench.workloads``. The
entry point's name is the workload's name, and its value is the dotted name of such a file. Only
the standard library is imported here: the parent and the workers both import this file.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module, metadata
from typing import Any, Protocol, cast

GROUP = "aebench.workloads"
STEP, CALL, WHOLE_CALL = "step", "call", "whole call"
_BUILT_IN = ("train", "predict")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


class WorkloadError(Exception):
    """A workload that another package adds can't be used.

    The message is one sentence that says what is wrong and what to do.
    """


class Operations(Protocol):
    """A model's numbers of operations per sample; None if they weren't counted."""

    @property
    def forward_operations(self) -> int | None:
        """Return the floating-point operations of a forward pass over a sample."""

    @property
    def training_operations(self) -> int | None:
        """Return the floating-point operations of a training step per sample."""


class Workload:
    """Define what is timed, and the words that reports use for it.

    A subclass sets the attributes and defines :meth:`run`. If ``timing`` is ``step``, it defines
    :meth:`stop` too.

    Attributes
    ----------
    name : str
        Lower-case letters, digits, ``-`` and ``_``, a letter first; at most 40 characters.
    verb, gerund : str
        Words such as "trains" and "training"; in an answer the model's name follows the verb.
    description : str
        What is run, in a few words for ``aebench list``.
    timing : str
        ``step``: a round is a number of consecutive steps inside :meth:`run`. ``call``: a round is
        a number of calls of :meth:`run` with one batch each. ``whole call``: a round is a number of
        calls of :meth:`run` with all samples. The record holds the seconds of every call.
    trains : bool
        Whether the workload changes the weights by Keras's ``fit``: only such a workload has
        epochs.
    split : str
        Which samples it uses: ``train`` or ``test``.
    function : str
        The attribute of a Keras model that holds the compiled step: ``train_function`` or
        ``predict_function``; needed where ``timing`` is ``step``. Of a workload of whole calls that
        has it, and :meth:`stop`, some steps are timed too: they explain the calls.
    batch_sizes : tuple of int
        The workload's own default batch sizes; empty to use the preset's.
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
        """Return the dotted name of the workload's file, by which a worker imports it."""
        return type(self).__module__

    @property
    def has_steps(self) -> bool:
        """Return whether single steps of the workload can be timed."""
        return bool(self.function) and type(self).stop is not Workload.stop

    def run(self, model: Any, samples: Any, batch_size: int, callbacks: Sequence[Any]) -> Any:
        """Run the workload once over all samples.

        If ``timing`` is ``step``, this method is called again until a round's steps are done and
        :meth:`stop` was called. If it is ``call``, ``samples`` are one batch. If calls are timed,
        the seconds of this method are measured.

        Parameters
        ----------
        model : keras.Model
            A compiled model.
        samples : Samples
            Arrays ``x`` and ``y``, the samples along the first axis; a whole number of batches.
        batch_size : int
            Samples per step.
        callbacks : sequence of keras.callbacks.Callback
            Callbacks to pass to Keras.

        Returns
        -------
        object
            Arrays that the timing waits for; other objects are ignored.
        """
        raise NotImplementedError

    def stop(self, model: Any) -> None:
        """Make :meth:`run` return at the end of the current step."""

    def operations(self, model: Operations) -> int | None:
        """Return how many floating-point operations a sample needs; None if not counted."""
        return model.training_operations if self.trains else model.forward_operations


def names() -> list[str]:
    """List the names of all workloads: built-in ones first, then those of other packages."""
    return list(_modules())


def load(name: str, module: str = "") -> Workload:
    """Return a workload.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    module : str
        The dotted name of the workload's file; empty to look it up. The parent sends it to a
        worker, whose interpreter may lack the package that adds the workload.

    Raises
    ------
    KeyError
        If there is no such workload.
    WorkloadError
        If its file can't be imported, or lacks something that a workload needs.
    """
    module = module or _modules()[name]
    try:
        found = import_module(module)
    except Exception as error:
        summary = " ".join(str(error).split()) or type(error).__name__
        raise WorkloadError(
            f"the workload {name!r} can't be imported from {module} ({summary}): repair or "
            "uninstall the package that adds it."
        ) from error
    lacking = list(_lacking(name, getattr(found, "WORKLOAD", None)))
    if lacking:
        raise WorkloadError(
            f"the workload {name!r} in {module} lacks {', '.join(lacking)}: the class Workload of "
            f"{__name__} says what a workload defines."
        )
    return cast(Workload, found.WORKLOAD)


def _lacking(name: str, workload: Any) -> Iterator[str]:
    """Yield what a workload lacks, in words; ``name`` is the name of its entry point."""
    if not isinstance(workload, Workload):
        yield "WORKLOAD, an instance of a subclass of Workload"
        return
    if workload.name != name or not _NAME.fullmatch(name):
        yield "the name of its entry point as its name, of lower-case letters, digits, - and _"
    is_timed_by_step = workload.timing == STEP
    texts = ["verb", "gerund", "description", *(["function"] if is_timed_by_step else [])]
    yield from (each for each in texts if not getattr(workload, each))
    if workload.timing not in (STEP, CALL, WHOLE_CALL):
        yield f"a timing ({STEP}, {CALL} or {WHOLE_CALL})"
    if workload.split not in ("train", "test"):
        yield "a split (train or test)"
    methods = ["run", *(["stop"] if is_timed_by_step else [])]
    own = type(workload)
    yield from (f"{each}()" for each in methods if getattr(own, each) is getattr(Workload, each))


@cache
def _modules() -> dict[str, str]:
    """Map workloads' names to dotted names of files; no package can replace a built-in workload."""
    added = {point.name: point.value for point in metadata.entry_points(group=GROUP)}
    return {name: f"{__name__}.{name}" for name in _BUILT_IN} | {
        name: module for name, module in added.items() if name not in _BUILT_IN
    }

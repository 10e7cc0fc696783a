"""Run a comparison from Python: the options of ``aebench run`` as arguments."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from aebench.backends.contract import BackendError
from aebench.bench import worker
from aebench.bench.campaign import interrupts, run_output
from aebench.bench.campaign.campaign import check_folder
from aebench.bench.cli import option_values
from aebench.bench.cli import study as study_files
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import Given
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.models.loading import BUILD, SOURCE
from aebench.bench.python.function_files import text_of
from aebench.bench.python.results import RunResult, load
from aebench.reports.sanitize import reason

PathArgument = str | PurePath
ModelArgument = PathArgument | Callable[..., Any]
Value = str | int | float | bool | None
Arguments = Mapping[str, Any]
# The folder in a record's folder for the files of models that were given as functions.
MODELS = "models"


def run(
    model: ModelArgument | Sequence[ModelArgument] | None = None,
    backends: str | Sequence[str] | None = None,
    *,
    study: PathArgument | None = None,
    preset: str | None = None,
    set: str | Sequence[str] | Mapping[str, Value | Sequence[Value]] | None = None,
    vary: str | None = None,
    workload: str | Sequence[str] | None = None,
    passes: str | Sequence[str] | None = None,
    batch_size: int | str | Sequence[int | str] | None = None,
    launches: int | None = None,
    until: str | None = None,
    blocks: int | None = None,
    round_seconds: float | None = None,
    epochs: int | None = None,
    seeds: int | None = None,
    train_samples: int | None = None,
    threads: int | None = None,
    baselines: bool | None = None,
    reference: str | None = None,
    margin: float | Sequence[float] | None = None,
    fresh_parity: bool = False,
    rank_anyway: bool = False,
    data: PathArgument | Callable[[], Any] | None = None,
    out: PathArgument | None = None,
    resume: PathArgument | None = None,
    time_limit: float | None = None,
    report: bool = False,
    quiet: bool = False,
) -> RunResult:
    """Measure contenders, keep a record, and return what came out.

    The arguments are the options of the command ``aebench run``, and are checked as there:
    ``aebench run --help`` explains them all. What is left out takes the preset's value.
    Measuring happens in processes of their own, and a model's code runs in these alone.

    Parameters
    ----------
    model : str, path, function, or list of these, optional
        A model as on the command line, or a function that returns a compiled Keras model. A
        function is written to a file in the record's folder, with what it needs.
    backends : str or list of str, optional
        What is compared, such as ``["jax", "torch:nojit"]``: the option ``--backend``.
    study : str or path, optional
        A study's file; the other arguments count more than what it says.
    preset : str, optional
        ``quick`` if left out.
    set : str, list of str, or mapping, optional
        Parameters of the model, such as ``{"units": [64, 128]}``.
    vary, workload, until, reference : optional
        As on the command line.
    passes : str or list of str, optional
        The option ``--pass``, whose name is a word of Python.
    batch_size, launches, blocks, round_seconds : optional
        Sizes of the speed pass.
    epochs, seeds, train_samples, threads : optional
        Sizes of the run.
    baselines : bool, optional
        Whether baselines are measured too; None for what the preset says.
    margin : float or list of float, optional
        The difference that matters, in per cent.
    fresh_parity, rank_anyway, report, quiet : bool
        The flags of the command. With ``quiet`` nothing is printed.
    data : str, path, or function, optional
        As on the command line. Beside models that are functions it may be a function that returns
        ``(x_train, y_train), (x_test, y_test)``.
    out, resume : str or path, optional
        The folder for the record; a record of which the rest is measured.
    time_limit : float, optional
        Seconds of silence after which a worker counts as hung.

    Returns
    -------
    RunResult
        The tables, figures and comparisons of the record.

    Raises
    ------
    aebench.BadInputError
        If an argument is refused. Nothing is measured, and no file is left.
    KeyboardInterrupt
        If the run was interrupted. What was measured is in the record, which ``resume`` continues.

    Examples
    --------
    >>> run = aebench.run("lstm", ["jax", "torch"], batch_size=[32, 128], passes="speed")
    >>> run.compare()
    """
    arguments = {name: value for name, value in locals().items() if value is not None}
    _refuse_in_worker()
    # The process, and what it does on signals, belong to the caller.
    with interrupts.restored(), refusing(BackendError), _functions_in_files(arguments) as asked:
        given, command = _given(asked.arguments)
        if asked.out is not None:
            given["out"] = asked.out
        outcome, folder = Measurement().measured(given, command, screen=False)
    assert folder is not None, "only a dry run has no folder"
    if outcome == "interrupted":
        raise KeyboardInterrupt(f"what was measured is kept: aebench.load({str(folder)!r})")
    return load(folder)


def _refuse_in_worker() -> None:
    """Refuse to run in a worker: a model's file that measured itself would start ever more."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None and spec.name.startswith(worker.__name__):
        raise BadInputError(
            "a model's file calls aebench.run when it is read: put the call under "
            'if __name__ == "__main__".'
        )


class _Asked:
    """Arguments without functions, and the folder for the record; None if none was chosen yet."""

    def __init__(self, arguments: Arguments, out: Path | None = None) -> None:
        self.arguments = arguments
        self.out = out


def _given(arguments: Arguments) -> tuple[Given, list[str]]:
    """Return the options that arguments give, and the words of a command line that gives them."""
    values = dict(arguments)
    path = values.pop("study", None)
    line = option_values.words(values)
    given = option_values.given(line)
    if path is None:
        return given, ["run", *line]
    return study_files.resolved({**given, "study": Path(path)})


@contextlib.contextmanager
def _functions_in_files(arguments: Arguments) -> Iterator[_Asked]:
    """Write functions among the arguments to files, which are removed if there is no record."""
    models = arguments.get("model", ())
    models = list(models) if isinstance(models, (list, tuple)) else [models]
    functions = [each for each in models if callable(each)]
    data = arguments.get("data")
    data = data if callable(data) else None
    if not functions and data is None:
        yield _Asked(arguments)
        return
    if data is not None and len(functions) < len(models):
        raise BadInputError(
            "data is a function, and a model isn't: give the model's file a function data()."
        )
    if "resume" in arguments:
        raise BadInputError(
            "--resume takes the plan from the record: give the path of the model's file, which is "
            f"in the folder {MODELS} beside the record."
        )
    functionless = ("model", *(["data"] if data else []))
    others = {name: value for name, value in arguments.items() if name not in functionless}
    given, _ = _given(others)  # all else is checked before a file is written
    out: Path = given.get("out") or run_output.new_folder(given.get("preset", "quick"))
    check_folder(out)
    texts = {id(each): text_of(each, data) for each in functions}
    paths = {id(each): out / MODELS / f"{each.__name__}{SOURCE}" for each in functions}
    if len(set(paths.values())) < len(paths):
        raise BadInputError("two functions have the same name: give one another name.")
    made: list[Path] = []
    try:
        for each, path in paths.items():
            _write(path, texts[each], made)
        asked = [_as_asked(each, paths[id(each)]) if callable(each) else each for each in models]
        yield _Asked({**others, "model": asked}, out)
    finally:
        if not (out / "record.jsonl").exists():
            _remove(made)


def _as_asked(function: Callable[..., Any], path: Path) -> str:
    """Return what ``--model`` takes for a function in a file."""
    return str(path) if function.__name__ == BUILD else f"{path}:{function.__name__}"


def _write(path: Path, text: str, made: list[Path]) -> None:
    """Write a file, and note it and the folders made for it, the innermost last."""
    missing = [each for each in reversed(path.parents) if not each.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made += missing
        with path.open("x", encoding="utf-8") as file:
            made.append(path)
            file.write(text)
    except FileExistsError:
        raise BadInputError(f"{path} exists: give another out; nothing was overwritten.") from None
    except OSError as error:
        raise BadInputError(f"{path} can't be written: {reason(error)}.") from error


def _remove(made: list[Path]) -> None:
    for path in reversed(made):
        with contextlib.suppress(OSError):  # rmdir refuses folders that are not empty
            path.unlink() if path.is_file() else path.rmdir()

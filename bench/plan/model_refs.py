"""Read what ``--model`` asks for: built-in models, and users' files, modules and saved models."""

from collections.abc import Sequence
from pathlib import Path

from aebench.bench.errors import BadInputError
from aebench.bench.models import loading
from aebench.bench.models.autoencoder import TABLE, Autoencoder, parse
from aebench.bench.models.catalogue import BUILT_IN, FAMILY
from aebench.bench.models.loading import BUILD, SAVED, SOURCE
from aebench.bench.plan.parameters import Parameters, combinations, label
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.quoting import shortly
from aebench.reports.formatting import listed

Asked = Autoencoder | ModelDescription
# The most characters of a model's name, which has its parameters.
MOST_CHARACTERS = 500


def read(asked: Sequence[str], sets: Sequence[str] = (), vary: str = "grid") -> list[Asked]:
    """Return the models that are asked for; no code of a model is run.

    Parameters
    ----------
    asked : sequence of str
        Names of autoencoders (``ae400``) or of other built-in models (``lstm``), paths of files
        (``my_model.py``, ``my_model.py:function``, ``saved.keras``), or functions of modules
        (``package.module:function``).
    sets : sequence of str
        Parameters of models; see :func:`aebench.bench.plan.parameters.combinations`.
    vary : str
        How they are combined.

    Raises
    ------
    BadInputError
        If there is no such model, it takes no parameters, or another has its name.
    """
    wanted = combinations(sets, vary)
    if sets and not asked:
        raise BadInputError("--set is about a model: name it with --model.")
    found: dict[str, Asked] = {}
    for model in (model for word in asked for model in _models(word, wanted)):
        if found.setdefault(model.name, model) != model:
            raise BadInputError(
                f"two models would be called {shortly(model.name)}: rename a file, or measure them "
                "in two runs."
            )
    return list(found.values())


def _models(word: str, wanted: Sequence[Parameters]) -> list[Asked]:
    if word == FAMILY:
        word = TABLE[0]
    elif word in BUILT_IN:
        module = BUILT_IN[word].module
        return [loading.describe(_named(word, each), module, each) for each in wanted]
    place, function = _place_and_function(word)
    if place.endswith((SOURCE, SAVED)):
        return _of_file(Path(place), function, wanted)
    if function:
        # The module is found by a worker: finding it here would run its package's code.
        stem = place if function == BUILD else f"{place}:{function}"
        folder = str(Path.cwd())
        return [
            ModelDescription(_named(stem, each), place, function, each, "", folder)
            for each in wanted
        ]
    if not word.startswith("ae"):
        raise BadInputError(
            f"{shortly(word)} is not a model: use an autoencoder such as {TABLE[0]}, "
            f"{listed([*BUILT_IN][1:])}, or a model of yours as FILE.py, FILE.py:FUNCTION, "
            "PACKAGE.MODULE:FUNCTION or SAVED.keras."
        )
    model = parse(word)
    if any(wanted):
        raise BadInputError(
            f"--set doesn't apply to {model.name}, whose name says all, as ae800-dropout0.5 does: "
            f"leave it out, or give a file or {listed([*BUILT_IN][1:])}."
        )
    return [model]


def _of_file(path: Path, function: str, wanted: Sequence[Parameters]) -> list[Asked]:
    if not path.exists():
        raise BadInputError(f"there is no file {path}: give the path of a model's file.")
    if path.is_dir():
        raise BadInputError(f"{path} is a folder: give the path of a model's file.")
    if path.suffix == SAVED and (function or any(wanted)):
        raise BadInputError(f"{path} is a saved model, which has no functions and no parameters.")
    function = function or BUILD
    # A file of one function may have its name.
    stem = path.stem if function in (BUILD, path.stem) else f"{path.stem}:{function}"
    absolute = path.absolute()
    found = [
        loading.describe(_named(stem, each), str(absolute), each, function, str(absolute.parent))
        for each in wanted
    ]
    problem = loading.syntax_problem(found[0])
    if problem:
        raise BadInputError(f"{path} can't be read as Python: {problem}.")
    if path.suffix == SOURCE and not loading.defines(found[0]):
        raise BadInputError(
            f"{path} has no function {function}(): define one that returns a compiled keras.Model, "
            "or name another as FILE.py:FUNCTION."
        )
    return list(found)


def _place_and_function(word: str) -> tuple[str, str]:
    """Split ``FILE.py:function`` and ``module:function`` at the last colon."""
    place, colon, function = word.rpartition(":")
    if not colon or word.endswith((SOURCE, SAVED)):  # the colon is of a path: C:\models\mine.py
        return word, ""
    if not function.isidentifier():
        raise BadInputError(f"--model {shortly(word)} names no function after its colon.")
    is_module = all(part.isidentifier() for part in place.split("."))
    if not is_module and not place.endswith((SOURCE, SAVED)):
        raise BadInputError(
            f"--model {shortly(word)} names neither a module nor a file that ends in {SOURCE} "
            "before its colon."
        )
    return place, function


def _named(stem: str, parameters: Parameters) -> str:
    name = f"{stem} {label(parameters)}" if parameters else stem
    if len(name) > MOST_CHARACTERS:
        raise BadInputError(
            f"{shortly(name)} is too long a name for a model: give shorter values, or fewer."
        )
    return name

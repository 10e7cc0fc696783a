"""Find the files of a record's models that are users' own, and check that they are unchanged.

A record names such a file without its folder. The user gives the path, which also allows the file
to be run: without that, a record from a stranger could run any file.
"""

from collections.abc import Sequence
from pathlib import Path

from aebench import backends
from aebench.bench.errors import BadInputError
from aebench.bench.models import loading
from aebench.bench.models.catalogue import BUILT_IN
from aebench.bench.models.loading import SAVED, SOURCE
from aebench.bench.models.model import FileModel, Model
from aebench.bench.plan.model_info import native_frameworks
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.quoting import shortly
from aebench.reports.formatting import listed
from aebench.reports.record import ModelInfo


def is_own(info: ModelInfo) -> bool:
    """Return whether a record's model is built by a user's own file, not by a built-in one."""
    return info.where not in ("", *(each.module for each in BUILT_IN.values()))


def found(info: ModelInfo, given: Sequence[str]) -> FileModel:
    """Return a record's model that is built by a user's own file.

    Parameters
    ----------
    info : ModelInfo
        The model in the record's header.
    given : sequence of str
        The paths that the user gave. Without a path that ends in the file's name, the model's
        description has the file's name alone, and nothing is opened.

    Raises
    ------
    BadInputError
        If the file can't be read, or is not the one from which the record was measured.
    """
    places = [place for place in given if _name(place) == info.where]
    files = [place for place in map(_place, places) if place.endswith((SOURCE, SAVED))]
    if places and not files:
        return _described(info, _of_module(info, places))
    descriptions = [
        loading.describe(
            info.name, _absolute(place), info.build_parameters, info.function, _folder(place)
        )
        for place in files
    ]
    same = [each for each in descriptions if each.sha256 == info.sha256]
    if places and not same:
        raise BadInputError(
            f"the file {files[0]} of the model {shortly(info.name)} has changed since the run "
            "was planned: bring back the file as it was, or start a new run."
        )
    if same and not loading.defines(same[0]):
        raise BadInputError(f"the file {files[0]} defines no function {shortly(info.function)}.")
    unopened = ModelDescription(
        info.name, info.where, info.function, info.build_parameters, info.sha256
    )
    return _described(info, same[0] if same else unopened)


def _of_module(info: ModelInfo, places: Sequence[str]) -> ModelDescription:
    """Describe a record's model of a module. A worker finds the module and checks its digest.

    Which functions it defines isn't known here: finding it would run its package's code. The user
    has to name the function.
    """
    wanted = f"{info.where}:{info.function}"
    if wanted not in places:
        raise BadInputError(
            f"the model {shortly(info.name)} is built by {shortly(info.function)} of "
            f"{info.where}: give --model {wanted}, if it may be run."
        )
    return ModelDescription(
        info.name,
        info.where,
        info.function,
        info.build_parameters,
        info.sha256,
        str(Path.cwd()),
    )


def _described(info: ModelInfo, description: ModelDescription) -> FileModel:
    return FileModel(
        description,
        info.parameters,
        info.weight_bytes,
        info.optimiser_bytes,
        info.activations,
        info.forward_operations,
        info.training_operations,
        dense_shapes=tuple(info.dense_shapes),
        no_training=info.unsupported.get("train", ""),
        natives=_natives(info),
        constant_loss=info.constant_loss,
    )


def _natives(info: ModelInfo) -> tuple[str, ...]:
    """Return the frameworks in which a record's model was measured without Keras."""
    if "native" in info.unsupported:
        return ()
    names = native_frameworks()
    return tuple(name for name in names if backends.NATIVE + name not in info.unsupported)


def check_given(infos: Sequence[ModelInfo], given: Sequence[str]) -> None:
    """Check that the user gave no path beside those of a record's own models.

    Raises
    ------
    BadInputError
        If a given path has the name of none of their files.
    """
    names = _names(infos)
    if given and not names:
        raise BadInputError("--resume takes the plan from the record: leave out --model.")
    for place in given:
        if _name(place) not in names:
            raise BadInputError(
                f"{shortly(place)} is no file of the record's models: give the path of "
                f"{listed(names)}, or leave --model out."
            )


def check_allowed(infos: Sequence[ModelInfo], given: Sequence[str]) -> None:
    """Check that the user gave the paths of all own files that build the models of a record.

    Raises
    ------
    BadInputError
        If a path is missing.
    """
    there = {_name(place) for place in given}
    names = [name for name in _names(infos) if name not in there]
    if names:
        raise BadInputError(
            f"resuming this record would run {listed(names)}, of which the record doesn't say "
            "where: add --model with the path, if the file may be run."
        )


def describe(infos: Sequence[ModelInfo]) -> str:
    """Return a sentence on the files that resuming a record would run; empty if there are none."""
    names = _names(infos)
    if not names:
        return ""
    return f"Resuming would run {listed(names)}; add --model with the path to allow it."


def paths(models: Sequence[Model]) -> list[str]:
    """List what users give as ``--model`` for the models of a plan, without repetitions.

    These are files, and functions of modules; built-in models need no consent.
    """
    built_in_modules = {each.module for each in BUILT_IN.values()}
    own = [
        model.description
        for model in models
        if isinstance(model, FileModel) and model.description.where not in built_in_modules
    ]
    return list(
        dict.fromkeys(
            each.where if each.where.endswith((SOURCE, SAVED)) else f"{each.where}:{each.function}"
            for each in own
        )
    )


def _names(infos: Sequence[ModelInfo]) -> list[str]:
    return list(dict.fromkeys(info.where for info in infos if is_own(info)))


def built_in(info: ModelInfo) -> FileModel:
    """Return a record's model that is built in, and no autoencoder.

    Raises
    ------
    BadInputError
        If this version builds it from another file.
    """
    description = loading.describe(info.name, info.where, info.build_parameters, info.function)
    if info.function != loading.BUILD or description.sha256 != info.sha256:
        raise BadInputError(
            f"this version of aebench has another model {shortly(info.name)} than the record was "
            "measured with: start a new run."
        )
    return _described(info, description)


def _name(word: str) -> str:
    """Return the name by which a record has a file or module: without its folder."""
    place = _place(word)
    return Path(place).name if place.endswith((SOURCE, SAVED)) else place


def _place(word: str) -> str:
    """Return the path or the module of what ``--model`` names, without a function behind it."""
    place, _, function = word.rpartition(":")
    return place if place and function.isidentifier() else word


def _absolute(place: str) -> str:
    """Return a path as a worker in another folder finds it; a module's name stays as it is."""
    return str(Path(place).absolute()) if place.endswith((SOURCE, SAVED)) else place


def _folder(place: str) -> str:
    """Return the folder from which a file may import other modules."""
    return str(Path(place).absolute().parent)

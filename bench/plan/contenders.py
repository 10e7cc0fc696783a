"""Find the contenders that a user asks for, and the baselines beside them."""

import os
from collections.abc import Sequence
from pathlib import Path

from aebench import backends
from aebench.backends.contract import BackendError
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.capabilities import capability
from aebench.bench.plan.contender_texts import WantedContender, parse_contender
from aebench.bench.plan.interpreters import framework_version, why_absent
from aebench.bench.protocol.settings import ContenderSettings
from aebench.reports.record import ContenderInfo

ALL = "all"


@refusing(BackendError)
def find(asked: Sequence[str], run: bool = True) -> list[ContenderInfo]:
    """Find the contenders that are asked for, and their versions.

    Parameters
    ----------
    asked : sequence of str
        Texts of the form ``BACKEND[:SETTING,…][@PYTHON]``. BACKEND is a Keras backend, ``native-``
        with a backend's name, or ``gemm``. :mod:`aebench.bench.plan.settings` lists the settings.
        PYTHON is the path of an interpreter that has NumPy, Keras and the framework. An empty
        sequence, or :data:`ALL` alone, asks for the backends that are measured by default.
    run : bool
        Whether other interpreters may be run to ask for their versions.

    Returns
    -------
    list of ContenderInfo
        The contenders, without repetitions. A default backend that isn't installed is among them,
        with a text in ``missing``.

    Raises
    ------
    BadInputError
        If a contender that was asked for isn't known, isn't installed or doesn't support its
        settings, or if no contender is left.
    """
    if list(asked) == [ALL]:
        asked = ()
    wanted = list(dict.fromkeys(map(parse_contender, asked or backends.default_names())))
    found = []
    for contender in wanted:
        version = framework_version(contender.backend, contender.python, run)
        if version is None and asked:
            raise BadInputError(why_absent(contender.backend, contender.python))
        install = f"not installed ({backends.load(contender.backend).INSTALL})"
        found.append(
            ContenderInfo(
                name=_name(contender, wanted),
                backend=contender.backend,
                version=version or "",
                missing="" if version else install,
                python=contender.python,
                settings=contender.settings.to_dict(),
                **capability(contender.backend, contender.settings),
            )
        )
    if all(contender.missing for contender in found):
        raise BadInputError(
            "no backend is installed: pip install -c constraints.txt -e '.[cpu]' installs "
            "all three."
        )
    if all(contender.backend == backends.GEMM for contender in found):
        raise BadInputError("gemm trains nothing: give a contender beside it, such as jax.")
    return found


def baselines(found: Sequence[ContenderInfo], run: bool = True) -> list[ContenderInfo]:
    """List the baselines that are not among the contenders: the frameworks without Keras, and gemm.

    Parameters
    ----------
    found : sequence of ContenderInfo
        The contenders. A baseline runs in the interpreter of the contender with its framework;
        ``gemm`` runs in the interpreter of the first contender.
    run : bool
        Whether other interpreters may be run to ask for their versions.
    """
    present = [contender for contender in found if not contender.missing]
    keras = [
        contender
        for contender in present
        if contender.on_keras and backends.load(contender.backend).BASELINE
    ]
    # Baselines compute in the precision of their contenders: where all of these are asked to use
    # float32, on an accelerator too, so are the baselines.
    float32 = keras and all(each.settings.get("precision") == "float32" for each in keras)
    settings = ContenderSettings(precision="float32" if float32 else "")
    wanted = [
        *(
            WantedContender(backends.NATIVE + contender.backend, settings, contender.python)
            for contender in keras
        ),
        WantedContender(backends.GEMM, ContenderSettings(), present[0].python),
    ]
    there = {(contender.backend, contender.python) for contender in present}
    left = [
        contender
        for contender in dict.fromkeys(wanted)
        if (contender.backend, contender.python) not in there
    ]
    return [
        ContenderInfo(
            name=_name(contender, left),
            backend=contender.backend,
            version=framework_version(contender.backend, contender.python, run) or "",
            python=contender.python,
            baseline=True,
            settings=contender.settings.to_dict(),
            **capability(contender.backend),
        )
        for contender in left
    ]


def _name(contender: WantedContender, wanted: Sequence[WantedContender]) -> str:
    """Return the shortest name that distinguishes a contender from the other wanted contenders."""
    peers = [other.python for other in wanted if other.stem == contender.stem]
    if len(peers) < 2 or not contender.python:
        return contender.stem
    folders = [_environment_folder(python) for python in peers]
    folder = _environment_folder(contender.python)
    return f"{contender.stem}@{folder if folders.count(folder) == 1 else contender.python}"


def _environment_folder(python: str) -> str:
    parts = Path(python).parts
    named = len(parts) > 2 and parts[-2] == "bin" and parts[-3] != os.sep
    return parts[-3] if named else python

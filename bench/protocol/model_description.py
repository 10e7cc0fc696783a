"""Describe a model for workers: everything that a worker needs to build it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelDescription:
    """The file of a model's code, and the function to call in it.

    Parameters
    ----------
    name : str
        The name that tables and messages show.
    where : str
        The path of a Python file, which ends in ``.py``; the path of a model that Keras saved,
        which ends in ``.keras``; or the dotted name of a module.
    function : str
        The function in the file that returns the compiled Keras model.
    parameters : dict
        Keyword arguments of that function: anything that JSON can hold.
    sha256 : str
        SHA-256 of the file's bytes, in hexadecimal digits; empty until the file was found.
    folder : str
        The folder from which the file may import other modules; empty for a built-in model.
    """

    name: str
    where: str
    function: str
    parameters: dict[str, Any]
    sha256: str
    folder: str = ""

"""A model by value: all that a worker needs to build it, and no name to be understood again."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelDescription:
    """Where the code of a model is, and what to call in it.

    Parameters
    ----------
    name : str
        The name that tables and messages show.
    where : str
        The path of a Python file, which ends in ``.py``; or the dotted name of a module.
    function : str
        The function in it that returns the compiled Keras model.
    parameters : dict
        Keyword arguments of that function: anything that JSON can hold.
    sha256 : str
        Of the bytes of the file, in hexadecimal digits.
    """

    name: str
    where: str
    function: str
    parameters: dict[str, Any]
    sha256: str

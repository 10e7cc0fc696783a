"""Load a model from its description. Only this module runs the code of models.

The parent describes a model and does not run its file. A worker loads the model, after a check that
the file has not changed since it was described.
"""

import ast
import functools
import hashlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from aebench.bench.errors import BadInputError
from aebench.bench.protocol.model_description import ModelDescription

BUILD = "build"
# The name of the function of a model's file that returns its samples; see docs/models.md.
DATA = "data"
# The functions of a model's file that make the same model without Keras begin so.
NATIVE = "native_"
SOURCE, SAVED = ".py", ".keras"
# The name of the other function that a model's file may define; see aebench.bench.models.
CLOSED_FORM = "closed_form"
_FILE_MODULE = "aebench_model_file"


class ModelError(BadInputError):
    """A model cannot be built as described; the message is one sentence that says why."""


class ClosedForm(Protocol):
    """A chain of dense layers: what baselines and the float64 oracle compute without Keras."""

    @property
    def learning_rate(self) -> float:
        """Return the rate of plain stochastic gradient descent."""

    @property
    def dropout(self) -> float:
        """Return the dropout rate; 0 means no dropout."""

    @property
    def dense_shapes(self) -> tuple[tuple[int, int], ...]:
        """Return the numbers of inputs and units of each dense layer."""

    @property
    def dropout_layers(self) -> tuple[int, ...]:
        """Return the numbers of the dense layers that dropout follows, counted from 0."""

    def initial_weights(self, seed: int) -> list[Any]:
        """Return kernel and bias of each layer, float32, in Keras's order."""


@dataclass(frozen=True)
class LoadedModel:
    """A model whose file was loaded.

    Parameters
    ----------
    name : str
        The name that tables and messages show.
    parameters : dict
        Keyword arguments of the two functions.
    build_function : callable
        Returns the compiled Keras model.
    closed_form_function : callable, optional
        Returns the closed form; None if the model has none.
    data_function : callable, optional
        Returns the samples; None if the file has none.
    native_functions : dict
        By framework, the function that makes the model without Keras; see docs/models.md.
    sha256 : str
        The digest of the file.
    """

    name: str
    parameters: dict[str, Any]
    build_function: Callable[..., Any]
    closed_form_function: Callable[..., Any] | None = None
    data_function: Callable[[], Any] | None = None
    native_functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    sha256: str = ""

    def build(self) -> Any:
        """Build the Keras model. Where its input shape isn't known, it is built by a call later.

        Raises
        ------
        ModelError
            If the function returns something else than a Keras model.
        """
        import keras

        made = self.build_function(**self.parameters)
        if not isinstance(made, keras.Model):
            raise ModelError(
                f"the model {self.name} can't be measured: its function returned "
                f"{type(made).__name__} and must return a Keras model."
            )
        return made

    def check_parameters(self) -> None:
        """Refuse parameters that the function hasn't or takes otherwise, and one that needs more.

        Raises
        ------
        ModelError
            If the function can't be called with the parameters.
        """
        known = inspect.signature(self.build_function).parameters
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        names = [each.name for each in known.values() if each.kind in kinds]
        takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in known.values())
        for name, value in self.parameters.items():
            if name not in names and not takes_any:
                has = f"has {', '.join(names)}" if names else "has none"
                of_file = self.name.partition(" ")[0]
                raise ModelError(f"the model {of_file} has no parameter {name}: it {has}.")
            default = known[name].default if name in names else inspect.Parameter.empty
            if _sort(value) and _sort(default) and _sort(value) != _sort(default):
                raise ModelError(
                    f"the model {self.name} can't be built with {name}={value}: its default "
                    f"is {default!r}, so give {_sort(default)}."
                )
        for each in known.values():
            # What may be any number of values, as *values, needs none.
            needed = each.default is each.empty and each.kind not in (
                inspect.Parameter.VAR_POSITIONAL,
                inspect.Parameter.VAR_KEYWORD,
            )
            if needed and (each.name not in self.parameters or each.kind not in kinds):
                raise ModelError(
                    f"the model {self.name} can't be built without a value of {each.name}: "
                    f"give --set {each.name}=VALUE, or a default in its file."
                )

    def closed_form(self) -> ClosedForm:
        """Return the closed form.

        Raises
        ------
        ModelError
            If the model has no closed form.
        """
        if self.closed_form_function is None:
            raise ModelError(f"the model {self.name} has no closed form.")
        form: ClosedForm = self.closed_form_function(**self.parameters)
        return form

    def initial_weights(self, seed: int) -> list[Any] | None:
        """Return the initial weights of a seed; None if Keras's initialisers draw them."""
        return (
            None if self.closed_form_function is None else self.closed_form().initial_weights(seed)
        )


def _sort(value: Any) -> str:
    """Return what sort of parameter a value is, in words; empty if any other may stand for it."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "a word" if isinstance(value, str) else ""


def describe(
    name: str, where: str, parameters: dict[str, Any], function: str = BUILD, folder: str = ""
) -> ModelDescription:
    """Return the description of a model, with the hash of its file.

    Parameters
    ----------
    name, where, parameters, function, folder
        See :class:`aebench.bench.protocol.model_description.ModelDescription`.

    Raises
    ------
    ModelError
        If the file can't be read.
    """
    return ModelDescription(name, where, function, parameters, _digest(where), folder)


def defines(description: ModelDescription) -> bool:
    """Return whether a model's file defines its function; the file isn't run.

    A function that the file imports doesn't count: a description may come from a stranger. A saved
    model needs no function.
    """
    if description.where.endswith(SAVED):
        return True
    try:
        tree = ast.parse(_read(_file(description.where)))
    except (SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.FunctionDef) and node.name == description.function
        for node in tree.body
    )


def syntax_problem(description: ModelDescription) -> str:
    """Return why a model's file isn't Python, in a few words; empty if it is, or is no source."""
    if not _is_file(description):
        return ""
    try:
        ast.parse(_read(_file(description.where)))
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})" if error.lineno else str(error.msg)
    except ValueError as error:
        return str(error)
    return ""


def load(description: ModelDescription) -> LoadedModel:
    """Load the file of a model, and find its functions.

    Parameters
    ----------
    description : ModelDescription
        The description that the parent sent.

    Raises
    ------
    ModelError
        If the file can't be read, is not the one that was described, or lacks the function.
    """
    if description.folder and description.folder not in sys.path:
        sys.path.insert(0, description.folder)
    file = _file(description.where)
    source = _read(file)
    found = hashlib.sha256(source).hexdigest()
    if description.sha256 and found != description.sha256:
        raise ModelError(
            f"the file {file} of the model {description.name} has changed since the run was "
            f"planned: its SHA-256 is {found[:12]}…, and {description.sha256[:12]}… was planned."
        )
    name, parameters = description.name, description.parameters
    if description.where.endswith(SAVED):
        return LoadedModel(name, parameters, lambda: _saved(name, file), sha256=found)
    module = _executed(file, source) if _is_file(description) else import_module(description.where)
    function = getattr(module, description.function, None)
    if not callable(function):
        raise ModelError(
            f"the file {file} of the model {description.name} has no function "
            f"{description.function}()."
        )
    # A file may call something else data: a module, or arrays.
    found_functions = (getattr(module, each, None) for each in (CLOSED_FORM, DATA))
    form, data = (each if callable(each) else None for each in found_functions)
    if data is not None:
        # Reading it may take long, and a worker may ask more than once.
        data = functools.cache(data)
    natives = {
        name.removeprefix(NATIVE): each
        for name, each in vars(module).items()
        if name.startswith(NATIVE) and callable(each)
    }
    return LoadedModel(description.name, parameters, function, form, data, natives, found)


def _saved(name: str, file: Path) -> Any:
    """Load a model that Keras saved; code that the file itself holds is never run."""
    import keras

    try:
        return keras.saving.load_model(file, safe_mode=True)
    except Exception as error:  # whatever Keras raises for what it can't load
        raise ModelError(
            f"the model {name} can't be loaded: Keras says {_one_line(error)} A model that needs "
            "code of its own, such as a layer of your own, is given as a .py file with build()."
        ) from error


def _one_line(error: Exception) -> str:
    first = " ".join(str(error).split("\n")[0].split())[:200] or type(error).__name__
    return first if first.endswith(".") else f"{first}."


def _digest(where: str) -> str:
    return _file_digest(where) if where.endswith((SOURCE, SAVED)) else _module_digest(where)


def _file_digest(where: str) -> str:
    return hashlib.sha256(_read(_file(where))).hexdigest()


# Cached, since a plan may have thousands of models of one module.
_module_digest = cache(_file_digest)


def _is_file(description: ModelDescription) -> bool:
    return description.where.endswith(SOURCE)


def _file(where: str) -> Path:
    if where.endswith((SOURCE, SAVED)):
        return Path(where)
    try:
        spec = find_spec(where)
    except ImportError:
        spec = None
    if spec is None or spec.origin is None:
        raise ModelError(f"there is no module {where} here to build a model from.")
    return Path(spec.origin)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"the model's file {file} can't be read: {error.strerror}.") from error


def _executed(file: Path, source: bytes) -> ModuleType:
    """Run the bytes whose hash was checked: a file that is read again may have changed."""
    module = ModuleType(_FILE_MODULE)
    module.__file__ = str(file)
    # Dataclasses and Keras's registry look up the module of a class in sys.modules.
    sys.modules[_FILE_MODULE] = module
    exec(compile(source, str(file), "exec"), module.__dict__)
    return module

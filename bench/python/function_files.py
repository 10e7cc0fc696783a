"""Write functions of a script or a notebook into files, with what they need: workers read files.

A file holds the functions by their source, the functions and classes beside them that they use, and
imports. What else they use of their surroundings is refused: the file couldn't stand alone.
"""

import __future__

import ast
import builtins
import inspect
import linecache
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from aebench.bench.errors import BadInputError
from aebench.bench.models.loading import DATA

_ABOUT = '"""Written by aebench.run: {names}, and what they need."""\n'
_FUTURE = "from __future__ import annotations\n"
_DEFINING = (ast.FunctionDef, ast.ClassDef)


def text_of(build: Callable[..., Any], data: Callable[..., Any] | None = None) -> str:
    """Return the text of a file that defines a function.

    Parameters
    ----------
    build : callable
        A function that was defined by ``def``, in a file, a notebook or a session.
    data : callable, optional
        The function that returns the samples; the file calls it ``data``.

    Raises
    ------
    BadInputError
        If a function has no source, or uses what no file could hold.
    """
    collected = _Collected()
    every = [build, *([data] if data else [])]
    for function in every:
        _check(function)
        collected.add(function)
    names = " and ".join(dict.fromkeys(function.__name__ for function in every))
    parts = [_ABOUT.format(names=names), _FUTURE if _has_future(build) else ""]
    parts.append("".join(f"{line}\n" for line in sorted(collected.imports)))
    text = "\n".join(filter(None, parts))
    text += "".join(f"\n\n{source}" for source in collected.sources.values())
    if data and data.__name__ != DATA:
        text += f"\n\n{DATA} = {data.__name__}\n"
    return text


class _Collected:
    """The sources of functions and classes by name, each after what it needs, and their imports."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self.imports: set[str] = set()
        self._begun: dict[str, Any] = {}

    def add(self, thing: Any) -> None:
        """Add a function or a class, and what it needs."""
        name = thing.__name__
        if self._begun.setdefault(name, thing) is not thing:
            raise BadInputError(f"two functions are called {name}: give one another name.")
        if name in self.sources:
            return
        source = _source(thing)
        surroundings = _surroundings(thing)
        for used in _names(source, thing):
            if used in surroundings:
                self._add_used(thing, used, surroundings[used])
            elif not hasattr(builtins, used):
                raise BadInputError(
                    f"{name} uses {used}, which isn't defined: define it, or import it, first."
                )
        self.sources[name] = source

    def _add_used(self, thing: Any, name: str, value: Any) -> None:
        if self._begun.get(name) is value:
            return
        if isinstance(value, ModuleType):
            _refuse_local(thing, value)
            self.imports.add(_import(name, value))
        elif _is_beside(thing, value) and value.__name__ == name:
            self.add(value)
        elif place := _place(value):
            module, public = place
            _refuse_local(thing, sys.modules[module])
            self.imports.add(f"from {module} import {public}" + f" as {name}" * (public != name))
        else:
            raise BadInputError(
                f"{thing.__name__} uses {name}, which a file of its own wouldn't have: define "
                f"{name} inside of {thing.__name__}, or make it an argument with a default."
            )


def _check(function: Callable[..., Any]) -> None:
    """Refuse what isn't a function of its own, with a name."""
    if not isinstance(function, FunctionType):
        raise BadInputError(
            f"{type(function).__name__} is no function: give a function that returns a compiled "
            "Keras model, a name, or the path of a file."
        )
    if not function.__name__.isidentifier():
        raise BadInputError("a lambda can't be written to a file: define a function by def.")
    outer = [name for name in inspect.unwrap(function).__code__.co_freevars if name != "__class__"]
    if outer:
        raise BadInputError(
            f"{function.__name__} uses {outer[0]} of the function around it: make {outer[0]} an "
            "argument with a default."
        )


def _has_future(function: Callable[..., Any]) -> bool:
    flags: int = inspect.unwrap(function).__code__.co_flags
    return bool(flags & __future__.annotations.compiler_flag)


def _source(thing: Any) -> str:
    """Return the source of a function or a class, without the indentation of where it stands."""
    try:
        # In a notebook Python finds the source of functions, but not of classes.
        lines = _of_class(thing) if inspect.isclass(thing) else inspect.getsource(thing)
        source = textwrap.dedent(lines)
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        tree = None
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], _DEFINING):
        raise BadInputError(
            f"the source of {thing.__name__} isn't found: put it into a file, and give the file's "
            "path."
        )
    return source.rstrip() + "\n"


def _of_class(kind: type) -> str:
    """Return the source of a class, found through the file of one of its methods."""
    for member in vars(kind).values():
        code = getattr(inspect.unwrap(getattr(member, "__func__", member)), "__code__", None)
        lines = linecache.getlines(code.co_filename) if code else []
        for node in reversed(ast.parse("".join(lines)).body):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                return "".join(lines[first - 1 : node.end_lineno])
    return inspect.getsource(kind)


def _surroundings(thing: Any) -> dict[str, Any]:
    """Return the variables of the module or the notebook in which a function or class stands."""
    if inspect.isclass(thing):
        return vars(sys.modules[thing.__module__])
    found: dict[str, Any] = inspect.unwrap(thing).__globals__
    return found


def _names(source: str, thing: Any) -> list[str]:
    """Return the names that a source takes from its surroundings, in alphabetical order."""
    future = _FUTURE if not inspect.isclass(thing) and _has_future(thing) else ""
    table = symtable.symtable(future + source, thing.__name__, "exec")
    names = set(_global_names(table)) - {thing.__name__}
    return sorted(name for name in names if not (name.startswith("__") and name.endswith("__")))


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or (top and not symbol.is_assigned())):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _global_names(inner)


def _import(name: str, module: ModuleType) -> str:
    if name == module.__name__:
        return f"import {name}"
    return f"import {module.__name__} as {name}"


def _is_beside(thing: Any, value: Any) -> bool:
    """Return whether a value is a function or class of the module in which ``thing`` stands."""
    return isinstance(value, (FunctionType, type)) and value.__module__ == thing.__module__


def _place(value: Any) -> tuple[str, str] | None:
    """Return the module from which a value can be imported, and its name there; None if none can.

    Of several modules of a package, which all have it, the one with the shortest name is public.
    """
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    package = module.partition(".")[0]
    found = [
        each
        for each, there in list(sys.modules.items())
        if each.partition(".")[0] == package
        and isinstance(there, ModuleType)
        and vars(there).get(name) is value
    ]
    return (min(found, key=lambda each: (each.count("."), each)), name) if found else None


def _refuse_local(thing: Any, module: ModuleType) -> None:
    """Refuse a module of the working folder: workers import what is installed."""
    path = Path(getattr(module, "__file__", None) or sys.prefix).absolute()
    installed = path.is_relative_to(sys.prefix) or path.is_relative_to(sys.base_prefix)
    if path.is_relative_to(Path.cwd()) and not installed:
        raise BadInputError(
            f"{thing.__name__} uses {module.__name__}, a file of this folder: put "
            f"{thing.__name__} into a file beside it, and give that file's path."
        )

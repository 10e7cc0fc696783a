"""Convert messages to JSON objects, and JSON objects to messages of a known type.

Every field is checked on arrival, since the two sides may be different versions of this package.
An ignored field would silently change what is measured.
"""

import types
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from aebench.bench.protocol.channel import Message
from aebench.bench.protocol.messages.every_pass import Job

M = TypeVar("M")


class ProtocolError(ValueError):
    """A message that does not match any type of this package; the text names the mismatch."""


def encode(message: Any) -> Message:
    """Return a message as a JSON object; jobs and commands get their name as a field.

    Parameters
    ----------
    message : dataclass
        An instance of a type of this package.
    """
    kind = type(message)
    if isinstance(message, Job):
        return {"job": kind.PASS, **asdict(message)}
    if hasattr(kind, "COMMAND"):
        return {"command": kind.COMMAND, **asdict(message)}
    return asdict(message)


def decode(kind: type[M], message: Message, name: str = "") -> M:
    """Return the message of a known type that a JSON object holds.

    Parameters
    ----------
    kind : type
        A dataclass of this package.
    message : dict
        A JSON object.
    name : str, optional
        The name of the message in error texts.

    Raises
    ------
    ProtocolError
        If a field is unknown or missing, or its value has the wrong type.
    """
    value: M = _object(kind, message, name or kind.__name__)
    return value


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _object(kind: type[Any], message: Any, name: str) -> Any:
    if not isinstance(message, dict):
        raise ProtocolError(f"{name} is not an object")
    hints = _hints(kind)  # type: ignore[arg-type]
    for key in message:
        if key not in hints:
            raise ProtocolError(f"{name} has an unknown field {key!r}")
    for known in fields(kind):
        needed = known.default is MISSING and known.default_factory is MISSING
        if needed and known.name not in message:
            raise ProtocolError(f"{name} has no {known.name!r}")
    return kind(**{key: _value(hints[key], message[key], f"{name}: {key!r}") for key in message})


def _value(hint: Any, value: Any, name: str) -> Any:
    """Check a value against a type hint, and return it as that type."""
    if hint is Any:
        return value
    if is_dataclass(hint):
        return _object(hint, value, name)  # type: ignore[arg-type]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (other,) = (argument for argument in arguments if argument is not type(None))
        return _value(other, value, name)
    if origin is list and isinstance(value, list):
        return [_value(arguments[0], item, name) for item in value]
    if origin is dict and isinstance(value, dict):
        return {key: _value(arguments[1], item, name) for key, item in value.items()}
    # Python's bool is a subclass of int, but true and false are not numbers in a message.
    if hint is bool or isinstance(value, bool):
        fits = hint is bool and isinstance(value, bool)
    elif hint is float:
        fits = isinstance(value, (int, float))
    else:
        fits = origin is None and isinstance(value, hint)
    if not fits:
        raise ProtocolError(f"{name} is not {_described(hint)}")
    return value


def _described(hint: Any) -> str:
    origin = get_origin(hint) or hint
    nouns = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    return {**nouns, list: "a list", dict: "an object"}[origin]

"""Options as values, which Python and study files give, and command lines that say the same.

Values become the words of a command line, and the parser of the command reads these: what is
checked is checked in one place.
"""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path, PurePath
from typing import Any

from aebench.bench.cli import options
from aebench.bench.cli.options import OPTIONS, Given, Option
from aebench.bench.errors import BadInputError
from aebench.bench.plan import parameters
from aebench.bench.plan.renamed_options import renamed
from aebench.bench.quoting import is_encodable, shortly

_COMMAND = "run"
# Names of options in Python, where they differ from those of the command line.
_IN_PYTHON = {"backends": "contender", "passes": "pass"}
# What an option takes, by the function that reads it from a word: in words, and its types.
_TAKEN: dict[Callable[[str], Any], tuple[str, tuple[type, ...]]] = {
    options.whole_number: ("a whole number", (Integral,)),
    options.number: ("a number", (Real,)),
    options.numbers: ("a number", (Real,)),
    options.sizes: ("a whole number or a text", (Integral, str)),
}
_TEXT = ("a text", (str, PurePath))


def words(values: Mapping[str, Any]) -> list[str]:
    """Return the words of a command line of ``run`` that gives options these values.

    Parameters
    ----------
    values : mapping
        By the option's name, with dashes or underscores: a text, a number, a truth value, or a list
        of them. ``set`` may also be a mapping of names to values.

    Raises
    ------
    BadInputError
        If there is no such option, or it takes values of another type.
    """
    return [word for key, value in values.items() for word in _words(key, _option(key), value)]


def given(line: Sequence[str]) -> Given:
    """Return the values that the words of a command line of ``run`` give.

    Raises
    ------
    BadInputError
        If the command line is refused.
    """
    from aebench.bench.cli import parser

    parser.check_words([_COMMAND, *line])
    found: Given = vars(parser.make().parse_args([_COMMAND, *line]))
    names = {option.destination for option in _known()}
    return {name: value for name, value in found.items() if name in names}


def values(found: Given) -> dict[str, Any]:
    """Return given values by the names of their options, as a file can hold them.

    Paths become texts, and texts of whole numbers become numbers where an option takes both.
    """
    return {
        option.name: _plain(option, found[option.destination])
        for option in _known()
        if option.destination in found
    }


def _known() -> list[Option]:
    """Return the options of ``run``, without its argument."""
    from aebench.bench.cli.commands import COMMANDS

    (command,) = (each for each in COMMANDS if each.name == _COMMAND)
    return [OPTIONS[name] for name in command.options if OPTIONS[name].name]


def _option(key: str) -> Option:
    """Return the option of a name; refuse an unknown name, and a replaced one by its new name."""
    flag = f"--{key.replace('_', '-')}"
    flag = f"--{_IN_PYTHON.get(flag[2:], flag[2:])}"
    for option in _known():
        if flag in option.flags:
            return option
    names = ", ".join(option.name for option in _known())
    raise BadInputError(f"{renamed([flag]) or f'{shortly(key)} is not an option: use {names}'}.")


def _words(key: str, option: Option, value: Any) -> list[str]:
    flag = f"--{option.name}"
    if option.is_flag or option.is_switch:
        if not isinstance(value, bool):
            raise BadInputError(f"{key} must be true or false, and {shortly(value)} is neither.")
        opposite = [f"--no-{option.name}"] if option.is_switch else []
        return [flag] if value else opposite
    if option is OPTIONS["set"] and isinstance(value, Mapping):
        value = [_set_word(name, each) for name, each in value.items()]
    if not isinstance(value, (list, tuple)):
        value = [value]
    elif not option.is_several:
        raise BadInputError(f"{key} takes one value, and {shortly(value)} is a list.")
    if not value:
        raise BadInputError(f"{key} is an empty list: give a value, or leave it out.")
    texts = [_text(key, option, each) for each in value]
    # A word that begins with a dash would be taken for an option.
    if any(text.startswith("-") for text in texts):
        return [f"{flag}={text}" for text in texts]
    return [flag, *texts]


def _text(key: str, option: Option, value: Any) -> str:
    what, types = _TAKEN.get(option.keywords.get("type", str), _TEXT)
    if not isinstance(value, types) or isinstance(value, bool):
        raise BadInputError(f"{key} must be {what}, and {shortly(value)} is not.")
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        return repr(float(value))
    text = str(value)
    if "\0" in text or not is_encodable(text):
        raise BadInputError(f"{key} {shortly(text)} has characters that no file name can have.")
    return text


def _set_word(name: object, value: Any) -> str:
    """Return the word of ``--set`` that gives a parameter its values."""
    several = value if isinstance(value, (list, tuple)) else [value]
    return f"{name}={','.join(map(parameters.word, several))}"


def _plain(option: Option, value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(option, each) for each in value]
    if option.keywords.get("type") is options.sizes and value.isdecimal():
        return int(value) if str(int(value)) == value else value
    return str(value) if isinstance(value, Path) else value

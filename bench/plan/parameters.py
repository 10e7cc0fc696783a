"""The parameters of users' models that ``--set`` and ``--vary`` ask for."""

import itertools
import json
import re
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly

GRID, ONE_AT_A_TIME = "grid", "one-at-a-time"
VARY = (GRID, ONE_AT_A_TIME)
# What ``--set`` varies of a run rather than of a model; see aebench.bench.plan.run_axes.
BATCH_SIZE, THREADS, STEPS = "batch_size", "threads", "steps"
RUN_AXES = (BATCH_SIZE, THREADS, STEPS)
MOST_MODELS = 1000
# The bounds of numbers in a record: see BuildValue in aebench.reports.record.header.
MOST_WHOLE, MOST_FRACTION = 2**50, 1e8
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}", re.ASCII)

Parameters = dict[str, Any]


def combinations(asked: Sequence[str], vary: str = GRID) -> list[Parameters]:
    """Return the parameters of each model that is asked for.

    Parameters
    ----------
    asked : sequence of str
        Words of the form ``NAME=VALUE[,VALUE…]``.
    vary : str
        ``grid``: every value of a parameter with every value of the others. ``one-at-a-time``: the
        first values of all, then each further value of one parameter with the first of the others.

    Returns
    -------
    list of dict
        Parameters by name; a single empty one if nothing is asked for.

    Raises
    ------
    BadInputError
        If a word has another form, a name comes twice, or there are too many combinations.
    """
    if vary not in VARY:
        raise BadInputError(f"--vary {shortly(vary)} is unknown: use {' or '.join(VARY)}.")
    values: dict[str, list[Any]] = {}
    for word in asked:
        name, equals, text = word.partition("=")
        if not equals or not _NAME.fullmatch(name) or not text:
            raise BadInputError(
                f"--set {shortly(word)} must be NAME=VALUE or NAME=VALUE,VALUE, such as "
                "units=64,128."
            )
        if name in values:
            raise BadInputError(f"--set gives {name} twice: list its values after one {name}=.")
        values[name] = list(dict.fromkeys(map(_value, text.split(","))))
    found = _grid(values) if vary == GRID else _one_at_a_time(values)
    if len(found) > MOST_MODELS:
        raise BadInputError(
            f"--set would make {len(found):,} models, more than the {MOST_MODELS:,} allowed: give "
            f"fewer values, or --vary {ONE_AT_A_TIME}."
        )
    return found


def label(parameters: Parameters) -> str:
    """Return parameters as text, such as ``units=64 dropout=0.3``."""
    return " ".join(f"{name}={_text(value)}" for name, value in parameters.items())


def word(value: object) -> str:
    """Return a value as text that ``--set`` reads as this value.

    Raises
    ------
    BadInputError
        If no text is.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        value = int(value)
    elif isinstance(value, Real) and not isinstance(value, (bool, int)):
        value = float(value)
    if not isinstance(value, (bool, int, float, str)) and value is not None:
        raise BadInputError(f"--set takes numbers and words, and {shortly(value)} is neither.")
    if not isinstance(value, str):
        return json.dumps(value)
    text = value if value and _is_read_as_text(value) else json.dumps(value)
    if "," in text:
        raise BadInputError(f"--set takes no value with a comma, and {shortly(value)} has one.")
    return text


def _is_read_as_text(text: str) -> bool:
    try:
        return bool(_value(text) == text)
    except BadInputError:
        return False


def _grid(values: dict[str, list[Any]]) -> list[Parameters]:
    # The number is checked before the list is made: it might not fit into memory.
    count = 1
    for each in values.values():
        count *= len(each)
    if count > MOST_MODELS:
        return [{}] * min(count, 10 * MOST_MODELS)
    return [dict(zip(values, each, strict=True)) for each in itertools.product(*values.values())]


def _one_at_a_time(values: dict[str, list[Any]]) -> list[Parameters]:
    base = {name: each[0] for name, each in values.items()}
    others = [{**base, name: value} for name, each in values.items() for value in each[1:]]
    return [base, *others]


def _value(text: str) -> Any:
    """Return a value: a number, true, false or null as in JSON, else the text itself."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        lower = text.lower()
        return {"true": True, "false": False, "none": None}.get(lower, text)
    if isinstance(value, (bool, str)) or value is None:
        return value
    if not isinstance(value, (int, float)):
        raise BadInputError(f"--set takes numbers and words, and {shortly(text)} is neither.")
    # What is not a number is within no bounds either.
    if not abs(value) <= (MOST_WHOLE if isinstance(value, int) else MOST_FRACTION):
        raise BadInputError(
            f"--set takes whole numbers up to {MOST_WHOLE:,} and others up to "
            f"{MOST_FRACTION:,.0f}, and {shortly(text)} is beyond."
        )
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)

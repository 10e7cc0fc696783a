"""Write the page about the record's schema from the structs that read it.

Usage: python tools/record_schema.py          (writes docs/record-schema.md)

The page lists every kind of line with its fields, types, bounds, units and defaults. The kinds are
those of the union :data:`aebench.reports.record.Line`.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import inspect as schema

from aebench.reports import record

PAGE = Path(__file__).parent.parent / "docs" / "record-schema.md"
# Units by the last word of a field's name.
UNITS = {
    "seconds": "seconds",
    "bytes": "bytes",
    "share": "share of 1",
    "pixels": "bytes, one per pixel",
    "samples": "samples",
    "steps": "steps",
    "operations": "floating-point operations per sample",
    "sha256": "SHA-256, hexadecimal",
    "rate": "per step",
}
INTRODUCTION = """# The record's schema

<!-- Made by `python tools/record_schema.py` from the structs in `reports/record/`: don't edit. -->

A record is the file `record.jsonl`, or `record.jsonl.zst` if it is compressed. Every line of it is
a JSON object. The first line is a `header`. The other lines are events, in the order of their
measurement. The field `kind` names the kind of a line. This page describes schema {schema}.
Records of older schemas are read too; `reports/record/schema_5.py` translates their words.

A field that has a default may be left out of a line. A field's name ends in its unit.
An object of more than one field is described under [Objects within lines](#objects-within-lines).
"""


def page() -> str:
    """Return the whole page in Markdown."""
    kinds = {struct.__struct_config__.tag: struct for struct in structs(record.Line)}
    inner: dict[str, type[msgspec.Struct]] = {}
    for struct in kinds.values():
        inner.update(within(struct))
    listed = ", ".join(f"[`{kind}`](#{anchor(kind)})" for kind in kinds)
    parts = [INTRODUCTION.format(schema=record.SCHEMA), f"Kinds: {listed}.\n", "## Lines\n"]
    parts += [section(f"`{kind}`", struct) for kind, struct in kinds.items()]
    parts.append("## Objects within lines\n")
    parts += [section(name, struct) for name, struct in sorted(inner.items())]
    return "\n".join(parts)


def structs(union: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs of a union in its order; for a single struct, yield that struct."""
    if isinstance(union, type) and issubclass(union, msgspec.Struct):
        yield union
    for part in get_args(union):
        yield from structs(part)


def within(struct: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """Return the structs inside a struct's fields, at any depth, by name."""
    found: dict[str, type[msgspec.Struct]] = {}
    waiting: list[Any] = [field.type for field in fields(struct)]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, schema.StructType):
            if kind.cls.__name__ not in found:
                found[kind.cls.__name__] = kind.cls
                waiting += [field.type for field in kind.fields]
            continue
        waiting += [getattr(kind, part) for part in PARTS if hasattr(kind, part)]
        waiting += list(getattr(kind, "types", ()))
    return found


# The attributes in which msgspec keeps the types of a container's contents.
PARTS = ("item_type", "key_type", "value_type")


def fields(struct: type[msgspec.Struct]) -> tuple[schema.Field, ...]:
    """Return the fields of a struct with their types and bounds."""
    described = schema.type_info(struct)
    assert isinstance(described, schema.StructType)
    return described.fields


def section(title: str, struct: type[msgspec.Struct]) -> str:
    """Return a struct's heading, docstring and table of fields."""
    rows = [
        f"| `{field.encode_name}` | {type_of(field.type)} | {escaped(bounds(field.type))} | "
        f"{unit(field)} | {default(field)} |"
        for field in fields(struct)
    ]
    heads = ["| field | type | bounds | unit | default |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"### {title}\n", description(struct), "", *heads, *rows, ""])


def description(struct: type[msgspec.Struct]) -> str:
    """Return a struct's docstring in Markdown."""
    text = inspect.cleandoc(struct.__doc__ or "")
    text = re.sub(r":\w+:`[~.\w]*?(\w+)`", r"`\1`", text)
    return text.replace("``", "`")


def type_of(kind: schema.Type) -> str:
    """Return the words for a type: "list of integer", "object of text to number"."""
    if isinstance(kind, schema.UnionType):
        return " or ".join(type_of(part) for part in kind.types)
    if isinstance(kind, schema.StructType):
        return f"[{kind.cls.__name__}](#{anchor(kind.cls.__name__)})"
    if isinstance(kind, schema.DictType):
        return f"object of {type_of(kind.key_type)} to {type_of(kind.value_type)}"
    if isinstance(kind, schema.VarTupleType | schema.ListType | schema.SetType):
        return f"list of {type_of(kind.item_type)}"
    names = {
        "IntType": "integer",
        "FloatType": "number",
        "StrType": "text",
        "BytesType": "base64 text",
        "BoolType": "true or false",
        "NoneType": "null",
        "AnyType": "anything",
    }
    name = type(kind).__name__
    return names.get(name, name.removesuffix("Type").lower())


def bounds(kind: schema.Type) -> str:
    """Return the bounds that msgspec checks for a value, and for the items of a list."""
    found = []
    for part in kind.types if isinstance(kind, schema.UnionType) else (kind,):
        found += [
            words.format(number(value))
            for name, words in (
                ("ge", "≥ {}"),
                ("gt", "> {}"),
                ("le", "≤ {}"),
                ("lt", "< {}"),
                ("min_length", "at least {} long"),
                ("max_length", "at most {} long"),
                ("pattern", "matches `{}`"),
            )
            if (value := getattr(part, name, None)) is not None
        ]
        item = getattr(part, "item_type", None)
        if item is not None and not isinstance(item, schema.StructType) and bounds(item):
            found.append(f"every item {bounds(item)}")
    return ", ".join(found)


def escaped(text: str) -> str:
    """Return a text in which ``|`` is escaped: it would end a column of a Markdown table."""
    return text.replace("|", "\\|")


def number(value: Any) -> str:
    """Return a bound in an easily read form: 1,024, or 2^50 for a large power of two."""
    if isinstance(value, str):
        return value
    whole = int(value)
    if whole == value and abs(whole) >= 2**30 and abs(whole) & (abs(whole) - 1) == 0:
        return f"{'-' if whole < 0 else ''}2^{abs(whole).bit_length() - 1}"
    return f"{whole:,}" if whole == value else f"{value:g}"


def unit(field: schema.Field) -> str:
    """Return a field's unit, by the last word of its name; empty for booleans and most texts."""
    numeric = ("integer", "number")
    ending = field.encode_name.rpartition("_")[2]
    words = type_of(field.type)
    if ending in ("sha256", "pixels") or any(word in words for word in numeric):
        return UNITS.get(ending, "")
    return ""


def default(field: schema.Field) -> str:
    """Return a field's default, or "required"."""
    if field.required:
        return "required"
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory()
    return f"`{msgspec.json.encode(value).decode()}`"


def anchor(title: str) -> str:
    """Return the link target (``#…``) that a Git host gives to a heading."""
    return re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""Check that the page about the record's schema is the one that the structs give."""

import msgspec

import record_schema
from aebench.reports import record


def test_the_committed_page_is_what_the_structs_give():
    assert record_schema.PAGE.read_text(encoding="utf-8") == record_schema.page(), (
        "run python tools/record_schema.py"
    )


def test_every_kind_of_line_has_its_section_and_its_docstring():
    page = record_schema.page()
    kinds = list(record_schema.structs(record.Line))
    assert len(kinds) > 20
    for kind in kinds:
        assert f"\n### `{kind.__struct_config__.tag}`\n" in page
        assert record_schema.description(kind) in page


def test_a_field_is_there_with_its_type_bounds_unit_and_default():
    class Inner(msgspec.Struct):
        """An object inside a line."""

        weight_bytes: record.bounds.Count | None = None

    class Outer(msgspec.Struct, tag="outer", tag_field="kind"):
        """A line with ``inner`` objects, like those of :class:`aebench.reports.record.Line`."""

        inner: dict[str, list[Inner]]
        workload: record.bounds.Workload
        seconds: list[record.bounds.Seconds] = []

    section = record_schema.section("`outer`", Outer)
    assert "A line with `inner` objects, like those of `Line`." in section
    assert "| `inner` | object of text to list of [Inner](#inner) |  |  | required |" in section
    pattern = r"matches `^[a-z][a-z0-9_-]{0,39}\Z`"
    assert f"| `workload` | text | {pattern} |  | required |" in section
    bounds = "every item ≥ 0, ≤ 100,000,000"
    assert f"| `seconds` | list of number | {bounds} | seconds | `[]` |" in section
    assert record_schema.within(Outer) == {"Inner": Inner}
    assert "| `weight_bytes` | integer or null | ≥ 0, ≤ 2^50 | bytes | `null` |" in (
        record_schema.section("Inner", Inner)
    )

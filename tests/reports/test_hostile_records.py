"""Check that a hostile record is shown as text, or refused in one sentence."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aebench.reports import csv_export, document, html, markdown
from aebench.reports.journal import RecordError, load
from aebench.reports.summary import summarise
from aebench.reports.terminal import new_console, render_summary
from helpers import sample

ODD = [
    0,
    1,
    -1,
    2**40,
    2**63,
    1e308,
    -1e-308,
    0.0,
    "",
    "jax",
    "ae400",
    "predict",
    "$",
    "\u0000",
    None,
    [],
    {},
]
ODD += [True, [[]], [1e9] * 3, "=1", "A" * 300, 10**400]


@pytest.fixture(scope="module")
def lines():
    made = sample.make()
    return [json.loads(msgspec.json.encode(each)) for each in (made.header, *made.events)]


def places(value, path=()):
    """Yield the paths of all values in a line."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*path, key)
        if isinstance(each, (dict, list)):
            yield from places(each, (*path, key))


def changed(line, path, value):
    line = json.loads(json.dumps(line))
    inner = line
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return line


@given(data_=st.data())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_a_record_says_is_shown_or_refused(lines, tmp_path, data_):
    found = list(lines)
    for _ in range(data_.draw(st.integers(1, 3))):
        number = data_.draw(st.integers(0, len(found) - 1) | st.just(0))
        path = data_.draw(st.sampled_from(list(places(found[number]))))
        found[number] = changed(found[number], path, data_.draw(st.sampled_from(ODD)))
    for _ in range(data_.draw(st.integers(0, 2))):
        del found[data_.draw(st.integers(1, len(found) - 1))]
    text = "".join(json.dumps(each) + "\n" for each in found)
    (tmp_path / "record.jsonl").write_text(text)
    try:
        record = load(tmp_path / "record.jsonl")
    except RecordError as error:
        assert "\n" not in str(error)
        return
    summary = summarise(record)
    made = document.make(summary, [], ["records/a.jsonl"])
    markdown.render(made)
    html.render(made, tmp_path)
    csv_export.write(summary, tmp_path / "data.csv")
    console = new_console()
    with console.capture():
        console.print(render_summary(summary))


def test_a_control_of_nobody_is_shown():
    made = sample.make()
    (torch,) = (each for each in made.header.contenders if each.name == "torch")
    control = msgspec.structs.replace(torch, control_of="nobody")
    plan = msgspec.structs.replace(made.header.plan, reference="nobody")
    made.header = msgspec.structs.replace(made.header, plan=plan, contenders=[control])
    (cell,) = summarise(made).speed
    assert cell.reference == "nobody" and not cell.fastest


def test_what_cannot_have_been_measured_ends_the_reading(lines, tmp_path):
    number = next(place for place, each in enumerate(lines) if each["kind"] == "round")
    for name, value in (("seconds", 0), ("steps", -3), ("workload", "train\n"), ("batch_size", 0)):
        found = [*lines[:number], {**lines[number], name: value}, *lines[number + 1 :]]
        (tmp_path / "record.jsonl").write_text("".join(json.dumps(each) + "\n" for each in found))
        assert f"line {number + 1} is cut off or damaged" in load(tmp_path).damage

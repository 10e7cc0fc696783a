"""Check that every event struct of the record's modules is in the union of events."""

import inspect

import msgspec

from aebench.bench.plan.presets import PASSES
from aebench.reports import record
from aebench.reports.record import comparing, explaining, run


def structs(module):
    """Return the tagged structs that a module defines."""
    return {
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, msgspec.Struct)
        and found.__module__ == module.__name__
        and found.__struct_config__.tag
    }


def test_every_event_that_is_defined_is_in_the_union():
    assert structs(comparing) | structs(explaining) | structs(run) == set(record.EVENTS)


def test_every_event_can_be_imported_from_the_package_by_its_name():
    assert all(getattr(record, event.__name__) is event for event in record.EVENTS)


def test_an_event_knows_its_pass_and_does_not_write_it():
    for event in structs(comparing) | structs(explaining):
        assert event.pass_name in PASSES
    line = msgspec.json.encode(record.Call("jax", "ae400", 32, 0, 0.3))
    assert b"pass_name" not in line

"""Test the notice on cells in which most blocks are disturbed."""

import msgspec
import pytest

from aebench.reports.record import Block
from aebench.reports.summary import summarise
from helpers import sample


@pytest.mark.parametrize(("share", "told"), [(0.4, False), (0.6, True)])
def test_a_cell_of_mostly_disturbed_blocks_is_told(share, told):
    base = sample.make()
    counted = [each for each in base.events if isinstance(each, Block) and not each.repeated]
    few = {id(each) for each in counted[: round(share * len(counted))]}
    base.events = [
        msgspec.structs.replace(each, disturbed=id(each) in few)
        if isinstance(each, Block)
        else each
        for each in base.events
    ]
    text = "The machine did other work in most blocks of train ae400 at batch 32:"
    assert any(text in notice for notice in summarise(base).notices) is told

"""Test the tables of one kind of figure alone."""

import pytest

from aebench.reports.summary import summarise
from aebench.reports.tables.wide import RATIO, THROUGHPUT, wide
from helpers import sample


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (THROUGHPUT, ["train ae400, 32", "16,010 ±5.7 %", "4,000 ±5.7 %", "–"]),
        (RATIO, ["train ae400, 32", "1", "3.99600 ±0.0055 % slower", "–"]),
    ],
)
def test_a_wide_table_has_one_kind_of_figure(kind, row):
    table = wide(summarise(sample.make()), kind)
    assert table.columns == ["cell, batch", "jax", "torch", "tensorflow"]
    assert [[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in line] for line in table.rows] == [
        row
    ]
    assert table.notes[-1] == "tensorflow: not installed"

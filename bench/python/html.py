"""Show tables and the last screen as HTML, for notebooks: without a script or a style sheet."""

from collections.abc import Sequence

from aebench.reports.sanitize import printable
from aebench.reports.screen import last_screen
from aebench.reports.summary import Summary
from aebench.reports.tables import Table

_TABLES = """
{%- for table in tables %}
<table>
{%- if table.title %}<caption>{{ table.title | text }}</caption>{% endif %}
<thead><tr>
{%- for column, left in zip(table.columns, table.lefts) -%}
<th style="text-align: {{ 'left' if left else 'right' }}">{{ column | text }}</th>
{%- endfor -%}
</tr></thead>
<tbody>
{%- for row in table.rows %}
<tr{% if table.doubtful or loop.index0 in table.faint %} style="opacity: 0.6"{% endif %}>
{%- for cell, left in zip(row, table.lefts) -%}
<td style="text-align: {{ 'left' if left else 'right' }}">{{ cell | text }}</td>
{%- endfor -%}
</tr>
{%- endfor %}
</tbody>
</table>
{%- for note in table.notes %}
<p><small>{{ note | text }}</small></p>
{%- endfor %}
{%- endfor %}
"""
_LINES = """
{%- for line in lines %}
{%- set tag = "strong" if line.kind == "answer" else "span" %}
<p><{{ tag }}>{{ line.text | text }}</{{ tag }}></p>
{%- endfor %}
"""


def tables(shown: Sequence[Table]) -> str:
    """Return tables as HTML."""
    return _render(_TABLES, tables=[each.legible() for each in shown])


def of_last_screen(summary: Summary) -> str:
    """Return the last screen of a run as HTML: what the terminal shows, in its order."""
    layout = last_screen(summary)
    return (
        _render(_LINES, lines=layout.above)
        + tables(layout.tables)
        + _render(_LINES, lines=layout.below)
    )


def _render(template: str, **content: object) -> str:
    from jinja2 import Environment

    environment = Environment(autoescape=True)  # text from a record must not become HTML
    environment.filters["text"] = printable
    environment.globals["zip"] = zip
    return environment.from_string(template).render(**content)

"""Show tables and the last screen as HTML, for notebooks: without a script or a style sheet."""

from collections.abc import Sequence

from aebench.reports.sanitize import printable
from aebench.reports.screen import screen
from aebench.reports.summary import Summary
from aebench.reports.tables import Table, all_tables, facts, failed_where

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
_SCREEN = """
{%- for line in first %}
<p>{{ line | text }}</p>
{%- endfor %}
{%- for line in answers %}
<p><strong>{{ line | text }}</strong></p>
{%- endfor %}
{{- tables }}
{%- for line in last %}
<p>{{ line | text }}</p>
{%- endfor %}
"""


def tables(shown: Sequence[Table]) -> str:
    """Return tables as HTML."""
    return _render(_TABLES, tables=[each.legible() for each in shown])


def last_screen(summary: Summary) -> str:
    """Return the last screen of a run as HTML: what the terminal shows, in its order."""
    chosen = screen(summary)
    notices = [f"! {notice}" for notice in summary.notices]
    failures = [f"! {failed_where(each)} failed: {each.reason}" for each in summary.failures]
    if chosen is None:
        last = [*failures, *facts(summary)]
        return _screen(notices, [], all_tables(summary), last)
    doubts = [*notices, *failures]
    if chosen.doubtful:
        return _screen([*doubts, *chosen.trust], chosen.answers, [chosen.table], [])
    return _screen(doubts, chosen.answers, [chosen.table], chosen.trust)


def _screen(
    first: Sequence[str], answers: Sequence[str], shown: Sequence[Table], last: Sequence[str]
) -> str:
    from markupsafe import Markup

    made = Markup(tables(shown))  # its text is escaped already
    return _render(_SCREEN, first=first, answers=answers, tables=made, last=last)


def _render(template: str, **content: object) -> str:
    from jinja2 import Environment

    environment = Environment(autoescape=True)  # text from a record must not become HTML
    environment.filters["text"] = printable
    environment.globals["zip"] = zip
    return environment.from_string(template).render(**content)

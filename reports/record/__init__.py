"""The record's schema: one JSON object per line, whose field ``kind`` names its type.

Lines are only ever added to a record. They contain all measurements as raw values, from which every
number in every report is computed. A field's name ends in its unit.
:mod:`aebench.reports.record.events` lists all events; this module exports them.
"""

from aebench.reports.record.bounds import MOST as MOST
from aebench.reports.record.comparing import *  # noqa: F403
from aebench.reports.record.events import EVENTS as EVENTS
from aebench.reports.record.events import Event as Event
from aebench.reports.record.events import Line as Line
from aebench.reports.record.explaining import *  # noqa: F403
from aebench.reports.record.header import *  # noqa: F403
from aebench.reports.record.run import *  # noqa: F403

SCHEMA = 6

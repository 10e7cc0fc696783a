"""The record's schema: one JSON object per line, typed by ``kind``, everything measured, raw.

A record is append-only and self-contained: every number in every report follows from it. Fields
carry their units in their names. The events are listed once, in
:mod:`aebench.reports.record.events`; from here all of them can be imported.
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

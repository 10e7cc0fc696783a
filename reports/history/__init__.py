"""Follow what records measured over time."""

from aebench.reports.history.index import Figure, Index
from aebench.reports.history.series import ChangePoint, Series, all_series

__all__ = ["ChangePoint", "Figure", "Index", "Series", "all_series"]

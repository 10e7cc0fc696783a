"""Time the work of :mod:`work` with asv, as a user of asv would."""

import work


class Fit:
    """The epoch of fit."""

    def setup(self):
        """Prepare the work."""
        self._fit = work.ready()

    def time_fit(self):
        """Run the work."""
        self._fit()

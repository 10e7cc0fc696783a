"""Options that were renamed, so that messages can name the new option."""

from collections.abc import Sequence

from aebench.bench.plan.presets import MARGIN_SYNTAX

OLD_MODEL_OPTION = "--definition"
RENAMED_OPTIONS = {
    OLD_MODEL_OPTION: "--model",
    "--yardsticks": "--baselines",
    "--no-yardsticks": "--no-baselines",
    "--different-beyond": f"--margin: {MARGIN_SYNTAX}",
    "--same-within": f"--margin: {MARGIN_SYNTAX}",
}


def renamed(words: Sequence[str]) -> str:
    """Return a sentence that says what the first renamed option among words is called now.

    Parameters
    ----------
    words : sequence of str
        The words of a command line.

    Returns
    -------
    str
        The sentence without a full stop; empty if no word is a renamed option.
    """
    for word in words:
        option = word.partition("=")[0]
        if option in RENAMED_OPTIONS:
            return f"{option} is now called {RENAMED_OPTIONS[option]}"
    return ""

"""Options that have other names now, so that their users learn the new ones."""

from collections.abc import Sequence

OLD_MODEL_OPTION = "--definition"
RENAMED_OPTIONS = {
    OLD_MODEL_OPTION: "--model",
    "--yardsticks": "--baselines",
    "--no-yardsticks": "--no-baselines",
}


def renamed(words: Sequence[str]) -> str:
    """Return the sentence on the first renamed option among words, without a full stop.

    Parameters
    ----------
    words : sequence of str
        The words of a command line.

    Returns
    -------
    str
        The sentence; empty if no word is a renamed option.
    """
    for word in words:
        option = word.partition("=")[0]
        if option in RENAMED_OPTIONS:
            return f"{option} is now called {RENAMED_OPTIONS[option]}"
    return ""

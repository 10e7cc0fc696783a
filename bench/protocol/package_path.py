"""A path for other interpreters that holds this package and nothing else.

A package that was installed lies among others: a folder of theirs on the path of another
interpreter would have it import their frameworks instead of its own.
"""

from pathlib import Path

import aebench


def link_package(folder: Path) -> str:
    """Make a folder whose only entry is a link to this package.

    Parameters
    ----------
    folder : Path
        The folder; it must not exist.

    Returns
    -------
    str
        The folder as a value of ``PYTHONPATH``.
    """
    folder.mkdir()
    package = Path(aebench.__file__).parent.absolute()
    (folder / package.name).symlink_to(package, target_is_directory=True)
    return str(folder)

"""A path for other interpreters that holds this package and nothing else.

A package that was installed lies among others: a folder of theirs on the path of another
interpreter would have it import their frameworks instead of its own.
"""

import sys
from collections.abc import Sequence
from pathlib import Path


def link_package(folder: Path, modules: Sequence[str] = ()) -> str:
    """Make a folder of links to this package, and to the modules that extend it.

    Parameters
    ----------
    folder : Path
        The folder; it must not exist.
    modules : sequence of str
        Dotted names of modules of other installations, such as a backend's; they are imported here
        already.

    Returns
    -------
    str
        The folder as a value of ``PYTHONPATH``.
    """
    folder.mkdir()
    tops = dict.fromkeys(["aebench", *(name.partition(".")[0] for name in modules)])
    for top in tops:
        file = Path(str(sys.modules[top].__file__)).absolute()
        source = file.parent if file.stem == "__init__" else file
        (folder / source.name).symlink_to(source, target_is_directory=source.is_dir())
    return str(folder)

"""Make a folder for ``PYTHONPATH`` from which other interpreters import this package alone.

An installed package is in a folder with other packages, such as the parent's frameworks. Another
interpreter with that folder on its path would import those frameworks instead of its own.
"""

import sys
from collections.abc import Sequence
from pathlib import Path


def link_package(folder: Path, modules: Sequence[str] = ()) -> str:
    """Make a folder with links to this package and to the modules that extend it.

    Parameters
    ----------
    folder : Path
        Path of the folder to make; it must not exist.
    modules : sequence of str
        Dotted names of modules from other installed packages, such as a backend's file. They must
        be imported in this process already.

    Returns
    -------
    str
        The folder's path, for ``PYTHONPATH``.
    """
    folder.mkdir()
    tops = dict.fromkeys(["aebench", *(name.partition(".")[0] for name in modules)])
    for top in tops:
        file = Path(str(sys.modules[top].__file__)).absolute()
        source = file.parent if file.stem == "__init__" else file
        (folder / source.name).symlink_to(source, target_is_directory=source.is_dir())
    return str(folder)

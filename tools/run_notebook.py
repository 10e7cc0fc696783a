"""Run ``examples/notebook.ipynb`` and keep its outputs: ``python tools/run_notebook.py``.

The notebook is run in an empty folder, so that its record is left nowhere. What changes from run to
run without meaning, such as times of cells, is taken out, and so is the middle of long outputs.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent.parent / "examples" / "notebook.ipynb"
# The tag of the cell that says how much is measured.
SIZES = "sizes"
_CELL_SECONDS = 3600
# The lines that are kept at either end of what a cell prints.
_LINES = 14


def executed(sizes: Mapping[str, Any] | None = None) -> Any:
    """Run the notebook, and return it with its outputs.

    Parameters
    ----------
    sizes : mapping, optional
        Options of the run, in place of those in the notebook's cell for them.
    """
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    if sizes is not None:
        (cell,) = (cell for cell in notebook.cells if SIZES in cell.metadata.get("tags", ()))
        cell.source = f"sizes = {dict(sizes)!r}"
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=_CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            record_timing=False,
            coalesce_streams=True,
        ).execute()
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    return notebook


def shorten(notebook: Any) -> None:
    """Leave out the middle of long printed outputs, and say how many lines that was."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            lines = output.get("text", "").splitlines(keepends=True)
            left = len(lines) - 2 * _LINES
            if left > 0:
                middle = f"[… {left} lines are left out]\n"
                output.text = "".join([*lines[:_LINES], middle, *lines[-_LINES:]])


def main() -> None:
    """Run the notebook, and write it with its outputs."""
    notebook = executed()
    shorten(notebook)
    nbformat.write(notebook, NOTEBOOK)
    print(f"{NOTEBOOK}: {NOTEBOOK.stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())

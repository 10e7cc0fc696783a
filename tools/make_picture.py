"""Make the picture in the README, docs/screen.svg, from a record.

Usage: python tools/make_picture.py results/NAME
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from aebench.reports.journal import load
from aebench.reports.summary import summarise
from aebench.reports.terminal import WIDTH, render_screen

TARGET = Path(__file__).parent.parent / "docs" / "screen.svg"


def main() -> None:
    summary = summarise(load(Path(sys.argv[1])))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(render_screen(summary))
    # Without the font that Rich would fetch from a web host.
    made = console.export_svg(title="aebench run")
    picture = re.sub(r"\s*@font-face \{.*?\}", "", made, flags=re.DOTALL)
    TARGET.write_text(picture, encoding="utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()

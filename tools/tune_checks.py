"""Ask `aebench tune` ten times for a planted better setting, and ten times where there is none.

Usage: pip install -c constraints.txt -e '.[cpu,numpy]'
       python tools/tune_checks.py FOLDER [--times 10] [--percent 50]

The model of tools/against/cores_cost.py predicts on Keras's NumPy backend, where half of the cores
is the only setting to try. FOLDER has the records, and ``answers.json`` with a row for each run.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from against_others import HERE, ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--percent", type=int, default=50)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    command = (sys.executable, "-m", "aebench", "tune", "--backend", "numpy", "--minutes", "1")
    measured = ("--model", str(HERE / "cores_cost.py"), "--workload", "predict")
    for number in range(asked.times):
        # Both kinds take turns, so that a slow hour is in both.
        for percent in (asked.percent, 0):
            out = asked.folder.resolve() / f"{percent}-{number}"
            variables = {"PYTHONPATH": str(ROOT / "src"), "CORES_COST_PERCENT": str(percent)}
            began = time.monotonic()
            done = subprocess.run(
                [*command, *measured, "--out", str(out)],
                capture_output=True,
                text=True,
                env={**os.environ, **variables},
            )
            answer = [line for line in done.stdout.splitlines() if "`numpy`" in line]
            row = {"cost_percent": percent, "claimed": "Faster than" in done.stdout}
            row |= {"exit_code": done.returncode, "answer": " ".join(answer)}
            rows.append(row | {"seconds": round(time.monotonic() - began, 1)})
            print(json.dumps(rows[-1]), flush=True)
            lines = ",\n".join(map(json.dumps, rows))
            (asked.folder / "answers.json").write_text(f"[\n{lines}\n]\n")
    for percent in (asked.percent, 0):
        mine = [row for row in rows if row["cost_percent"] == percent]
        claimed = sum(bool(row["claimed"]) for row in mine)
        print(f"cost of {percent} %: half of the cores claimed in {claimed} of {len(mine)}")


if __name__ == "__main__":
    main()

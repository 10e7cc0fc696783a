"""Ask NVIDIA's driver, by ``nvidia-smi``, what accelerators there are and what uses them."""

import subprocess

_QUERY_SECONDS = 10.0
_MIB = 2**20


def query(table: str, columns: str, units: bool = True) -> list[list[str]]:
    """Return the rows of a table of ``nvidia-smi``; none if there is no driver, or no such column.

    Parameters
    ----------
    table : str
        ``gpu`` or ``compute-apps``.
    columns : str
        Names of columns, with commas between them.
    units : bool
        Whether numbers are followed by their units.
    """
    form = "csv,noheader" if units else "csv,noheader,nounits"
    command = ["nvidia-smi", f"--query-{table}={columns}", f"--format={form}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_QUERY_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return []
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return [[" ".join(cell.split()) for cell in line.split(",")] for line in lines if line.strip()]


def process_bytes(pid: int) -> int | None:
    """Return the accelerator memory of a process by the driver's count; None if it isn't known.

    It contains what the frameworks' own counters leave out: the process's context and workspaces.
    In a container the driver may count by other process ids, and then nothing is known.
    """
    found = [
        row[1]
        for row in query("compute-apps", "pid,used_gpu_memory", units=False)
        if len(row) == 2 and row[0] == str(pid) and row[1].isdecimal()
    ]
    return sum(map(int, found)) * _MIB if found else None

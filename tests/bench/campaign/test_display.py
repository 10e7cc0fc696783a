import io
import threading

from rich.console import Console

from aebench.bench.campaign.display import Display
from aebench.reports.record import Cell, Task
from helpers import sample

STAGES = [(Task("speed", "ae400", "", 0), 60.0), (Task("quality", "ae400", "jax", 0), 30.0)]


def test_a_pipe_gets_one_line_per_subject_and_per_cell():
    console = Console(file=io.StringIO(), width=100)
    display = Display(console, STAGES, sample.make())
    display.doing("ae400: train, batch 32, block 1 of 18")
    display.figure("jax 16,000 samples/s")
    display.doing("ae400: train, batch 32, block 2 of 18")
    display.figure("jax 17,000 samples/s")
    display.problem("speed ae400 torch: was killed\x1b[31m by [red]signal 9")
    display.measured([Cell("ae400", "train", 32)])
    display.stage_done()
    display.close()
    shown = console.file.getvalue()
    # The first figures of the run, and none of the later blocks.
    assert shown.startswith(
        "[<1 s] speed · ae400: train, batch 32\n[<1 s] jax 16,000 samples/s\n"
        "speed ae400 torch: was killed"
    )
    assert "[red]signal 9" in shown
    assert "\x1b" not in shown
    assert "\ntrain ae400, 32: jax 16,0" in shown and "; torch × 3.996" in shown
    # The first task took no time, for instance since its checks were kept. It says little.
    assert shown.endswith("[<1 s] 1 of 2 stages done, about 10 s left\n")


def test_a_pipe_is_told_of_what_comes_again_once_in_a_task():
    console = Console(file=io.StringIO(), width=100)
    display = Display(console, [STAGES[0]] * 4, sample.make())
    for _ in range(2):
        for subject in ("train, calibrating", "train, warming up", "train, calibrating"):
            display.doing(subject)
        # Two tasks that end within a second share a line.
        display.stage_done()
    shown = console.file.getvalue()
    assert shown.count("calibrating") == shown.count("warming up") == 2
    assert shown.count("stages done") == 1
    display.close()


def test_a_terminal_gets_a_live_view_that_draws_only_when_told():
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    before = threading.active_count()
    display = Display(console, STAGES, sample.make())
    display.doing("ae400: train, batch 32, block 1 of 18")
    display.figure("jax 16,000 samples/s")
    display._draw(now=True)
    # A display thread would take time from the cores that are being measured.
    assert threading.active_count() == before
    shown = console.file.getvalue()
    assert "block 1 of 18" in shown
    assert "jax 16,000 samples/s" in shown
    assert "0 of 2 stages done, about 1 min 30 s left" in shown
    display.close()

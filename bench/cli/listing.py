"""Make the tables of ``aebench list`` without importing a framework."""

import platform
import shutil
from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table

from aebench import backends
from aebench.backends.contract import BackendError
from aebench.bench import workloads
from aebench.bench.errors import refusing
from aebench.bench.models.autoencoder import TABLE, parse
from aebench.bench.models.catalogue import BUILT_IN, FAMILY
from aebench.bench.plan.presets import PRESETS, Preset, Sizes
from aebench.bench.plan.probing import ask
from aebench.reports.terminal import plain

_QUERY_SECONDS = 10.0


def render() -> RenderableType:
    """Return the tables of models, backends, workloads and presets."""
    return Group(_models(), _backends(), _workloads(), _presets())


def _models() -> Table:
    grid = Table(
        "model",
        "what",
        title="Models (autoencoders also as ae1600, ae200, ae800-dropout0.5, ae1600-steep; or a "
        "file of yours)",
        title_justify="left",
    )
    for heading in ("parameters", "MFLOP/sample forward", "training"):
        grid.add_column(heading, justify="right")
    for name in TABLE:
        each = parse(name)
        chain = " → ".join(map(str, (784, *each.widths)))
        grid.add_row(
            name,
            f"{chain}, dropout {each.dropout:g}" if each.dropout else chain,
            f"{each.parameters:,}",
            f"{each.forward_operations / 1e6:.2f}",
            f"{each.training_operations / 1e6:.2f}",
        )
    for name, model in BUILT_IN.items():
        if name == FAMILY:
            continue
        operations = model.forward_operations
        forward = "–" if operations is None else f"{operations / 1e6:.2f}"
        grid.add_row(name, model.summary, f"{model.weights:,}", forward, "–")
    return grid


def _backends() -> Table:
    device = _device()
    with refusing(BackendError):
        known = backends.names()
    defaults = backends.default_names()
    extra = ", ".join(name for name in known if name not in defaults)
    grid = Table(
        "backend",
        "version",
        "device",
        "supports",
        title=f"Backends ({plain(extra)}: measured if asked for)",
        title_justify="left",
    )
    for name in known:
        grid.add_row(name, *map(plain, _backend(name, device)))
    return grid


def _backend(name: str, device: str) -> tuple[str, str, str]:
    """Return a backend's version, its device, and what it supports or why not, as texts."""
    try:
        facts = backends.load(name)
    except BackendError as error:
        return str(error), "", ""
    version = backends.installed_version(name)
    supported = [workload for workload in workloads.names() if workload not in facts.UNSUPPORTED]
    if facts.LADDER:
        supported.append("explain")
    if facts.PROFILER:
        supported.append("profile")
    shown = version or f"not installed: {facts.INSTALL}"
    reasons = dict.fromkeys(facts.UNSUPPORTED.values())
    return shown, device if version else "", "; ".join([", ".join(supported), *reasons])


def _device() -> str:
    """Return the name of the GPU that ``nvidia-smi`` lists, or of the processor's kind."""
    tool = shutil.which("nvidia-smi")
    if tool:
        names = ask([tool, "--query-gpu=name", "--format=csv,noheader"], _QUERY_SECONDS)
        if names and names.strip():
            return names.strip().splitlines()[0] + " (if the build supports it)"
    return f"CPU ({platform.machine()})"


def _workloads() -> Table:
    grid = Table("workload", "what", title="Workloads", title_justify="left")
    for name in workloads.names():
        grid.add_row(name, plain(_workload(name)))
    return grid


def _workload(name: str) -> str:
    """Return a workload's description, or the reason why it can't be used."""
    try:
        return workloads.load(name).description
    except workloads.WorkloadError as error:
        return str(error)


def _by_workload(preset: Preset, shown: Callable[[Sizes], str]) -> str:
    """Return a text of a preset's sizes by workload, or the sizes alone if all are equal."""
    found: dict[str, list[str]] = {}
    for sizes in preset.sizes:
        found.setdefault(shown(sizes), []).append(sizes.workload)
    if len(found) == 1:
        return next(iter(found))
    return ", ".join(f"{' '.join(names)} {text}" for text, names in found.items())


def _trainings(preset: Preset) -> str:
    """Return the numbers of epochs and seeds as text; of steps, if the preset gives those."""
    if preset.quality_steps is None:
        return f"{preset.epochs} × {preset.seeds}"
    elsewhere = preset.quality_steps_elsewhere
    others = f" ({elsewhere:,} without autoencoders)" if elsewhere else ""
    return f"{preset.quality_steps:,} steps{others} × {preset.seeds}"


def _presets() -> Table:
    grid = Table("preset", *PRESETS, title="Presets", title_justify="left")
    rows: dict[str, Callable[[Preset], str]] = {
        "passes": lambda preset: " ".join(preset.passes),
        "models": lambda preset: " ".join(preset.models),
        "in full": lambda preset: " ".join(preset.models[: preset.measured_in_full]),
        "workloads": lambda preset: " ".join(preset.workloads),
        "batch sizes": lambda preset: _by_workload(
            preset, lambda sizes: " ".join(map(str, sizes.batch_sizes))
        ),
    }
    for name, shown in rows.items():
        grid.add_row(name, *map(shown, PRESETS.values()))
    sizes: list[tuple[str, str, Callable[[Preset], str]]] = [
        (
            "launches × blocks",
            "speed",
            lambda preset: _by_workload(preset, lambda sizes: f"{sizes.launches} × {sizes.blocks}"),
        ),
        (
            "baselines",
            "speed",
            lambda preset: "yes" if preset.baselines else "with --baselines",
        ),
        ("cold starts", "footprint", lambda preset: str(preset.footprint_launches)),
        ("epochs × seeds", "quality", _trainings),
        (
            "training samples",
            "quality",
            lambda preset: (
                f"{preset.quality_train_samples:,}" if preset.quality_train_samples else "all"
            ),
        ),
    ]
    for name, of_pass, shown in sizes:
        grid.add_row(
            f"{name} ({of_pass})",
            *(shown(preset) if of_pass in preset.passes else "–" for preset in PRESETS.values()),
        )
    return grid

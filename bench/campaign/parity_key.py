"""Compute the key of a parity check: a digest of everything on which its outcome depends."""

import dataclasses
import hashlib
import sys
from collections.abc import Mapping
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from aebench import backends
from aebench.bench.campaign.context import Context
from aebench.bench.plan.parity_sizes import parity_sizes
from aebench.bench.plan.witnesses import witnesses
from aebench.bench.protocol.messages.parity import ParityJob
from aebench.bench.system import machine
from aebench.reports.record import ContenderInfo

_OWN = f"{backends.__name__}."


class ParityKeys:
    """The keys of a run's parity checks.

    Parameters
    ----------
    context : Context
        The context of the pass.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[Path, str] = {}

    def key(self, contender: ContenderInfo, model: str) -> str | None:
        """Return the key of a contender's checks of a model; None if they must not be kept.

        What another interpreter has installed, and what code of another package does, isn't known
        here: such checks are made in every run.
        """
        plan = self._context.plan
        general = plan.model(model).form is None
        beside = witnesses(plan, model) if general else []
        if not all(_is_known(each) for each in (contender, *beside)):
            return None
        depends_on = {
            **self._of_run,
            "backend": contender.backend,
            "settings": contender.settings,
            "model": dataclasses.asdict(plan.model(model).description),
            "batch sizes": parity_sizes(plan, contender, model)._asdict(),
            "samples": self._context.data[model].info.train_sha256,
        }
        if general:
            depends_on |= self._of_general_model(contender, model)
        return hashlib.sha256(msgspec.json.encode(depends_on, order="sorted")).hexdigest()

    def _of_general_model(self, contender: ContenderInfo, model: str) -> dict[str, Any]:
        """Return what the checks of a model without a closed form depend on besides."""
        plan = self._context.plan
        job = self._context.job(ParityJob, contender, plan.model(model))
        return {
            "witnesses": [[each.backend, each.settings] for each in witnesses(plan, model)],
            "data": self._digests(dataclasses.asdict(job.train)),
            "weights": self._digest(Path(job.weights) / f"{job.seed}.npz"),
            "beside": [self._digest(path) for path in _neighbours(job.model.where)],
        }

    def _digests(self, paths: Any) -> Any:
        """Return nested paths with each file's digest in place of its path."""
        if isinstance(paths, Mapping):
            return {str(name): self._digests(path) for name, path in paths.items()}
        if isinstance(paths, list | tuple):
            return [self._digests(path) for path in paths]
        return self._digest(Path(paths)) if paths else ""

    def _digest(self, path: Path) -> str:
        """Return a file's digest, which is computed once in a run."""
        if path not in self._known:
            with path.open("rb") as file:
                self._known[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._known[path]

    @cached_property
    def _of_run(self) -> dict[str, Any]:
        """What all checks of the run depend on."""
        described = machine.describe()
        plan = self._context.plan
        return {
            "code": code_digest(),
            "packages": installed_packages(),
            "python": sys.version,
            "machine": [described.processor, described.cores, described.system],
            "identity": described.identity,
            "environment": described.environment,
            "threads": plan.info.threads,
            "seed": plan.info.seeds[0],
        }


def _is_known(contender: ContenderInfo) -> bool:
    """Return whether a contender runs here, with this package's own code."""
    own = backends.module_name(contender.backend).startswith(_OWN)
    return own and not contender.python


def _neighbours(where: str) -> list[Path]:
    """List the modules beside a model's file, which it may import; none for a module's name."""
    return sorted(Path(where).parent.glob("*.py")) if where.endswith(".py") else []


def code_digest() -> str:
    """Return a digest of the code that measures: the files of ``bench`` and ``backends``.

    Tolerances and the oracle are among them.
    """
    digest = hashlib.sha256()
    package = Path(str(backends.__file__)).parent.parent
    for name in ("bench", "backends"):
        for path in sorted((package / name).rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package)} {len(content)} ".encode())
            digest.update(content)
    return digest.hexdigest()


def installed_packages() -> list[str]:
    """Return all installed distributions with their versions.

    Not only the frameworks count: they compute with libraries that are distributions of their own.
    """
    return sorted({f"{each.name}=={each.version}" for each in metadata.distributions()})

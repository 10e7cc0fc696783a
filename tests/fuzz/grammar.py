"""Draw contenders, settings, models and references for a command line."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from fuzz import _odd
from fuzz._calling import Call
from fuzz._promise import Step
from fuzz._scene import Scene

_BACKENDS = [
    "jax",
    "tensorflow",
    "torch",
    "native-jax",
    "native-torch",
    "native-tensorflow",
    "gemm",
]
_BACKENDS += ["all", "", "JAX", "jax ", "native-", "native-gemm", "theano"]
_SETTINGS = ["jit", "nojit", "steps=1", "steps=32", "precision=float32", "precision=mixed_float16"]
_SETTINGS += ["steps", "steps=", "precision=", "precision=float64", "jit=on", "", "=", "steps=1=2"]
# Python interpreters that exist, and most of which misbehave when they are asked for a version.
_PYTHONS = {
    "good": 'echo ran >> "$0.ran"\necho 1.0\n',
    "forever": "exec yes 1.0\n",
    "binary": "printf '\\377\\376\\n'\n",
    "control": "printf '1.0\\033[31m\\342\\200\\256\\n'\n",
    "fails": "exit 3\n",
    "silent": ":\n",
    "long": "head -c 300000 /dev/zero | tr '\\0' x\n",
    "killed": "kill -9 $$\n",
}
_NOT_PYTHONS: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "fifo": os.mkfifo,
    "loop": lambda path: path.symlink_to(path.name),
    "empty": lambda path: (path.touch(), path.chmod(0o755)),
    "text": lambda path: path.write_text("no program\n"),
}

_settings = st.lists(
    st.sampled_from(_SETTINGS)
    | st.builds("steps={}".format, st.sampled_from(_odd.NUMBER_TEXTS))
    | _odd.argument_texts(),
    max_size=3,
).map(",".join)
_pythons = st.one_of(
    st.sampled_from([f"@bin/{name}" for name in (*_PYTHONS, *_NOT_PYTHONS, "nowhere")]),
    _odd.argument_texts(),
)
CONTENDERS = st.one_of(
    st.sampled_from(["jax", "torch", "jax:nojit", "tensorflow"]),
    st.builds(
        lambda backend, colon, words, at, python: (
            backend + colon * (":" + words) + at * ("@" + python)
        ),
        st.sampled_from(_BACKENDS) | _odd.argument_texts(),
        st.booleans(),
        _settings,
        st.sampled_from([False, False, True]),
        _pythons.map(lambda text: text.removeprefix("@")),
    ),
)
MODELS = st.one_of(
    st.sampled_from(["ae400", "ae200", "ae25", "ae50-steep", "ae25-dropout", "ae25600"]),
    st.builds(
        "ae{}{}{}".format,
        st.sampled_from(["400", "100", "25", "51200", *_odd.NUMBER_TEXTS]),
        st.sampled_from(["", "-steep", "-steep-steep", "-"]),
        st.sampled_from(["", "-dropout", "-dropout."])
        | st.builds("-dropout{}".format, st.sampled_from(_odd.NUMBER_TEXTS)),
    ),
    _odd.argument_texts(),
)


@dataclass(frozen=True)
class GrammarCase:
    """Hold a command line."""

    command: str
    words: tuple[tuple[str, tuple[str, ...]], ...]

    def lay(self, scene: Scene) -> list[Step]:
        """Write the interpreters, and return the command to run."""
        folder = scene.work / "bin"
        folder.mkdir()
        for name, script in _PYTHONS.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}")
            (folder / name).chmod(0o755)
        for name, make in _NOT_PYTHONS.items():
            make(folder / name)
        arguments = [self.command, "--dry-run", "--data", "embedded"]
        for option, values in self.words:
            arguments += [option, *values]
        # The command may start the interpreters that its command line names.
        named = tuple(str(folder / name) for name in (*_PYTHONS, *_NOT_PYTHONS))
        call = Call(
            tuple(map(_odd.as_argument, arguments)),
            scene.environment(),
            str(scene.work),
            str(scene.room),
            may_run=named,
        )
        return [Step(call, folder)]


def _option(
    name: str, values: st.SearchStrategy[str]
) -> st.SearchStrategy[tuple[str, tuple[str, ...]]]:
    return st.lists(values, min_size=1, max_size=4).map(lambda drawn: (name, tuple(drawn)))


CASES = st.builds(
    GrammarCase,
    st.sampled_from(["run", "run", "parity", "profile", "memory", "selfcheck"]),
    st.lists(
        st.one_of(
            _option("--contender", CONTENDERS),
            _option("--backend", CONTENDERS),
            _option("--model", MODELS),
            st.tuples(st.just("--reference"), st.tuples(CONTENDERS | _odd.argument_texts())),
            st.sampled_from([("--baselines", ()), ("--preset", ("publish",))]),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
)

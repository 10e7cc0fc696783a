"""The worker's side of inspecting models: what is known of them before anything is measured.

Users' code runs here, and in the workers of the passes, never in the parent.
"""

import hashlib
import math
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from aebench import backends
from aebench.bench.models.loading import SOURCE, LoadedModel, ModelError, load
from aebench.bench.protocol import trees
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.inspection import (
    FoundSamples,
    Inspect,
    Inspected,
    InspectionJob,
)
from aebench.bench.protocol.messages.receiving import receive_command
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import Samples, SampleSource
from aebench.bench.worker.building import call_once
from aebench.bench.worker.constant_prediction import constant_loss
from aebench.bench.worker.drawn_samples import (
    TEST_SAMPLES,
    TRAIN_SAMPLES,
    drawn,
)
from aebench.bench.worker.framework import seed_random
from aebench.bench.worker.model_ends import input_names
from aebench.bench.worker.operations import dense_chain, forward_operations
from aebench.bench.worker.own_samples import from_function, from_npz
from aebench.bench.worker.sample_checks import FEW, check, check_classes, subnormal_notice

R = TypeVar("R")
# The most characters of an error of a user's code in a message.
_MOST_TOLD = 300
_DRAWN = "samples drawn from the model's inputs"


class UserCodeError(ModelError):
    """What a user's code raised; another backend may run it."""


def work(channel: Channel, job: InspectionJob) -> None:
    """Inspect the model of each command, until the parent closes the channel."""
    import keras

    backends.load_in_use(keras.backend.backend()).prepare()
    shared: dict[_Source, _Shared] = {}
    while True:
        command = receive_command(channel, Inspect)
        keras.utils.clear_session()
        try:
            answer = _inspect(command, job, shared)
        except ModelError as error:
            on_any_backend = not isinstance(error, UserCodeError)
            answer = Inspected(str(error), on_any_backend=on_any_backend)
        channel.send(encode(answer))


def _inspect(command: Inspect, job: InspectionJob, shared: dict["_Source", "_Shared"]) -> Inspected:
    import keras

    model = command.model
    loaded = _of_user(model, "loaded", lambda: load(model))
    loaded.check_parameters()
    # A file's data() may shuffle with TensorFlow, whatever the backend: that is seeded too.
    keras.utils.set_random_seed(0)
    keras_model = _of_user(model, "built", loaded.build)
    # Models of one file have one data(): its samples are made and written once.
    source = _Source(loaded.sha256, tuple(input_names(keras_model)))
    known = shared.get(source)
    found = known.found if known else _found(model, loaded, keras_model, job)
    _of_user(model, "called", lambda: call_once(keras_model, found.train))
    parts = (("train", found.train), ("test", found.test))
    for split, samples in parts:
        check(loaded.name, keras_model, samples, split)
    few = found.train.first(FEW)
    outputs = _of_user(model, "called", lambda: keras_model.predict(few.x, FEW, verbose=0))
    for split, samples in parts:
        check_classes(loaded.name, keras_model, samples, outputs, split)
    folder = Path(job.folder) / str(command.number)
    folder.mkdir()
    written = known.written if known else _written(found, folder)
    if found.name != _DRAWN:
        shared[source] = _Shared(found, written)
    return replace(
        _facts(keras_model),
        sha256=loaded.sha256,
        natives=sorted(loaded.native_functions),
        constant_loss=_constant_loss(keras_model, found),
        weights=_initial_weights(loaded, found.train, job.seeds, folder),
        samples=written,
    )


@dataclass(frozen=True)
class _Found:
    """A model's samples, and where they are from."""

    name: str
    notice: str
    train: Samples
    test: Samples


class _Source(NamedTuple):
    """What tells apart the samples that aren't drawn: the file, and the names of the inputs."""

    sha256: str
    inputs: tuple[str, ...]


class _Shared(NamedTuple):
    """Samples in memory and in files."""

    found: _Found
    written: FoundSamples


def _found(
    description: ModelDescription, loaded: LoadedModel, keras_model: Any, job: InspectionJob
) -> _Found:
    name, notice = loaded.name, ""
    if job.npz:
        train, test = from_npz(name, job.npz, input_names(keras_model))
        source = Path(job.npz).name
    elif loaded.data_function is not None:
        data = loaded.data_function
        train, test, notice = _of_user(description, "given data", lambda: from_function(name, data))
        source = _file_of(description)
    else:
        train, test = _of_user(
            description,
            "given samples",
            lambda: (
                drawn(name, keras_model, TRAIN_SAMPLES, 0),
                drawn(name, keras_model, TEST_SAMPLES, 1),
            ),
        )
        source = _DRAWN
        notice = f"The samples of {name} are drawn from its inputs: its losses mean nothing."
    if job.train_samples > train.total:
        raise ModelError(
            f"--train-samples {job.train_samples} is out of range: the model {name} has "
            f"{train.total:,} training samples."
        )
    train = train.first(job.train_samples or train.total)
    notices = [notice, subnormal_notice(name, train, test)]
    return _Found(source, " ".join(filter(None, notices)), train, test)


def _file_of(description: ModelDescription) -> str:
    """Return the name of a model's file without its folder, or of its module alone."""
    where = description.where
    return Path(where).name if where.endswith(SOURCE) else where.rpartition(".")[2]


def _facts(keras_model: Any) -> Inspected:
    no_training, optimiser_bytes = "", 0
    if not keras_model.compiled:
        no_training = "its model isn't compiled"
    elif keras_model.optimizer is not None:
        keras_model.optimizer.build(keras_model.trainable_variables)
        optimiser_bytes = _bytes(keras_model.optimizer.variables)
    return Inspected(
        problem="",
        parameters=int(keras_model.count_params()),
        weight_bytes=_bytes(keras_model.weights),
        optimiser_bytes=optimiser_bytes,
        forward_operations=forward_operations(keras_model),
        dense_shapes=dense_chain(keras_model),
        no_training=no_training,
    )


def _constant_loss(keras_model: Any, found: _Found) -> float | None:
    """Return the loss of the best constant; None if it isn't known, or losses mean nothing."""
    if found.name == _DRAWN:
        return None
    loss = constant_loss(keras_model, found.train, found.test)
    return loss if loss is not None and math.isfinite(loss) else None


def _bytes(variables: Any) -> int:
    import numpy as np

    return sum(int(np.asarray(each).nbytes) for each in variables)


def _initial_weights(loaded: LoadedModel, train: Samples, seeds: int, folder: Path) -> str:
    """Draw the initial weights of every seed, which all backends then begin with."""
    import numpy as np

    weights = folder / "weights"
    weights.mkdir()
    for seed in range(seeds):
        seed_random(seed)
        keras_model = loaded.build()
        call_once(keras_model, train)
        arrays = {
            str(number): _storable(each) for number, each in enumerate(keras_model.get_weights())
        }
        np.savez(weights / f"{seed}.npz", **arrays)
    return str(weights)


def _storable(weight: Any) -> Any:
    """Return a weight in a type that files hold: NumPy's files have no bfloat16."""
    import numpy as np

    return weight if weight.dtype.kind in "fiub" else np.asarray(weight, np.float32)


def _written(found: _Found, folder: Path) -> FoundSamples:
    import numpy as np

    (train, train_sha256), (test, test_sha256) = (
        _files(samples, folder / split)
        for split, samples in (("train", found.train), ("test", found.test))
    )
    npz = folder / "train.npz"
    names, held = _named(found.train)
    np.savez(npz, **held)
    return FoundSamples(
        name=found.name,
        notice=found.notice,
        train=train,
        test=test,
        npz=str(npz),
        array_names=names,
        train_samples=found.train.total,
        test_samples=found.test.total,
        sample_bytes=found.train.sample_bytes,
        train_sha256=train_sha256,
        test_sha256=test_sha256,
        drawn=found.name == _DRAWN,
    )


def _named(samples: Samples) -> tuple[SampleSource, dict[str, Any]]:
    """Return names of all arrays in the structure of the samples, and the arrays by these names."""
    held: dict[str, Any] = {}

    def name(part: str) -> Callable[[Any], str]:
        def named(array: Any) -> str:
            known = [each for each, other in held.items() if other is array]
            if not known:
                known = [f"{part}{len(held)}"]
                held[known[0]] = array
            return known[0]

        return named

    trees_of = [
        None if tree is None else trees.mapped(tree, name(part))
        for part, tree in zip("xyw", samples, strict=True)
    ]
    return SampleSource(*trees_of), held


def _files(samples: Samples, folder: Path) -> tuple[SampleSource, str]:
    """Write every array to a file that workers map; return the paths, and a digest of all bytes."""
    import numpy as np

    folder.mkdir()
    names, held = _named(samples)
    digest = hashlib.sha256()
    for name, array in held.items():
        plain = np.ascontiguousarray(array)
        np.save(folder / f"{name}.npy", plain)
        digest.update(f"{name} {plain.dtype} {plain.shape} ".encode())
        digest.update(plain.data if plain.size else b"")

    def path(name: str) -> str:
        return str(folder / f"{name}.npy")

    return SampleSource(
        *(
            None if tree is None else trees.mapped(tree, path)
            for tree in (names.x, names.y, names.weights)
        )
    ), digest.hexdigest()


def _of_user(description: ModelDescription, done: str, work: Callable[[], R]) -> R:
    """Run a user's code; if it raises, say what and where in the user's own file."""
    try:
        return work()
    except ModelError:
        raise
    except Exception as error:
        lines = traceback.extract_tb(error.__traceback__)
        own = [each for each in lines if each.filename == description.where]
        where = f" (line {own[-1].lineno} of {Path(description.where).name})" if own else ""
        told = " ".join(str(error).split())[:_MOST_TOLD]
        raise UserCodeError(
            f"the model {description.name} can't be {done}: {type(error).__name__}: {told}{where}."
        ) from error

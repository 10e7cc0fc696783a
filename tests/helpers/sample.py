"""Make a small record by hand, whose every figure is known."""

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record

ORDERED_SECONDS = (1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.02, 0.98)
# The A/A control's seconds divided by those of its original, by block.
CONTROL = (1.01, 1.01, 0.99, 0.99, 1.01, 1.01, 0.99, 0.99)
# Eight blocks in four launches; the last launch has a third block, which doesn't count.
BLOCKS = [(launch, block) for launch in range(4) for block in range(2)]
REPEATED_BLOCK = (3, 2)
# Two images of 28 × 28: the first gets brighter from line to line, the second is its negative.
EXAMPLES = bytes(9 * line for line in range(28) for _ in range(28))
EXAMPLES += bytes(255 - pixel for pixel in EXAMPLES)


def make(hostile: str = "") -> Record:
    """Return the sample record; ``hostile`` is appended to all of its free texts."""
    made = Record(_header(hostile))
    name = made.header.models[0].name
    for contender, factors in (("jax", (1,) * 8), ("torch", (4,) * 8), ("jax A/A", CONTROL)):
        made.events += _speed(contender, name, factors, hostile)
    made.events += _blocks(name)
    for contender, factor in (("jax", 1), ("torch", 4)):
        for pass_name in ("footprint", "quality", "profile", "memory"):
            made.events.append(_worker(pass_name, contender, name, hostile))
        made.events += _epoch_ends(contender, name)
        made.events += _footprint(contender, name, factor)
        made.events += _quality(contender, name, factor)
        made.events += _profile(contender, name, factor, hostile)
        made.events += _memory(contender, name, factor, hostile)
    made.events += [record.TaskEnd(record.Task("speed", name, "", each), 15.0) for each in range(4)]
    made.events.append(record.End("complete", 100.0))
    return made


def _header(hostile: str) -> record.Header:
    plan = record.PlanInfo(
        preset="quick",
        passes=["speed", "footprint", "quality", "profile", "memory"],
        sizes=[record.WorkloadSizes("train", [32], launches=4, blocks=2)],
        footprint_launches=1,
        batch_size=32,
        epochs=2,
        seeds=[0],
        quality_train_samples=10_000,
        threads=0,
        reference="jax",
        order_seed=1,
    )
    model = record.ModelInfo(
        "ae400" + hostile,
        "aebench.bench.models.autoencoder",
        "build",
        {"widths": [400, 200, 100, 50, 25], "dropout": 0.0, "learning_rate": 1.5},
        parameters=842009,
        weight_bytes=3368036,
        optimiser_bytes=0,
        activations=2 * 784 + 2 * (400 + 200 + 100 + 50) + 25,
        forward_operations=1679400,
        training_operations=4411000,
    )
    return record.Header(
        schema=record.SCHEMA,
        aebench="0.1.0",
        name="sample" + hostile,
        created="2026-01-01T00:00:00+00:00",
        command=["aebench", "run" + hostile],
        plan=plan,
        models=[model],
        contenders=[
            record.ContenderInfo("jax", "jax", "1.0"),
            record.ContenderInfo("torch", "torch", "2.0"),
            record.ContenderInfo("tensorflow", "tensorflow", "", "not installed" + hostile),
            record.ContenderInfo("jax A/A", "jax", "1.0", control_of="jax"),
        ],
        data=_data(hostile),
        machine=record.MachineInfo(
            "Processor" + hostile, 2, 2**34, "Linux", "3.11.7", 0.1, {"OMP_NUM_THREADS": "2"}
        ),
        operation_categories=["matrix product", "loss", "data", "Python and Keras", "waiting"],
        workloads=[
            record.WorkloadInfo("train", "trains", "training", trains=True),
            record.WorkloadInfo("predict", "predicts", "predicting"),
        ],
        cells=[record.Cell(model.name, "train", 32)],
        tasks=_tasks(model.name),
    )


def _data(hostile: str) -> record.DataInfo:
    return record.DataInfo(
        "mnist" + hostile,
        60000,
        10000,
        [28, 28],
        "a" * 64,
        "b" * 64,
        examples=[3, 1],
        example_pixels=EXAMPLES,
        mean_image_loss=0.263,
    )


def _tasks(model: str) -> list[record.PlannedTasks]:
    return [
        record.PlannedTasks("speed", model, "", 4),
        *(
            record.PlannedTasks(pass_name, model, contender, 1)
            for pass_name in ("footprint", "quality", "profile", "memory")
            for contender in ("jax", "torch")
        ),
    ]


def _speed(
    contender: str, model: str, factors: tuple[float, ...], hostile: str
) -> list[record.Event]:
    """Return the rounds of a contender: a warm-up, one that doesn't count, and eight that do."""
    return [
        _worker("speed", contender, model, hostile),
        _round(contender, model, (0, -1), 9.0),
        # This round's block was disturbed and measured again: the round doesn't count.
        _round(contender, model, REPEATED_BLOCK, 7.0),
        *(
            _round(contender, model, block, seconds * factor / 10)
            for block, seconds, factor in zip(BLOCKS, ORDERED_SECONDS, factors, strict=True)
        ),
    ]


def _blocks(model: str) -> list[record.Event]:
    return [
        record.Block(
            model=model,
            workload="train",
            batch_size=32,
            launch=launch,
            block=block,
            seconds=0.7,
            background_share=0.5 if (launch, block) == REPEATED_BLOCK else 0.01,
            steal_share=0.04 if (launch, block) == (1, 1) else 0.0,
            fixed_work_seconds=0.02 * (1.1 if block % 2 else 1.0),
            disturbed=(launch, block) == REPEATED_BLOCK,
            repeated=(launch, block) == REPEATED_BLOCK,
        )
        for launch, block in [*BLOCKS, REPEATED_BLOCK]
    ]


def _epoch_ends(contender: str, model: str) -> list[record.Event]:
    # Separate objects: a test may replace one of them.
    ends = [
        record.ShortEpoch(contender, model, 32, 0, 50, 0.1, 0.002, 0.004, 0.003) for _ in range(3)
    ]
    return [record.Call(contender, model, 32, 0, 0.3), *ends]


def _footprint(contender: str, model: str, factor: int) -> list[record.Event]:
    phases = (
        ("interpreter", 0.04, 12),
        ("framework", 2.0, 240),
        ("first step", 1.0, 600),
    )
    return [
        *(
            record.Phase(
                contender, model, 0, phase, seconds * factor, mib * 2**20, mib * 2**20, True
            )
            for phase, seconds, mib in phases
        ),
        record.FootprintFacts(contender, model, 0, 842009, None, 51, 0.26),
    ]


def _quality(contender: str, model: str, factor: int) -> list[record.Event]:
    return [
        *(
            record.QualityEpoch(
                contender,
                model,
                0,
                epoch,
                1.5 * factor,
                0.2,
                0.26,
                loss,
                0.2 if epoch == 2 else None,
            )
            for epoch, loss in ((1, 0.25), (2, 0.21))
        ),
        record.Reconstructions(contender, model, 0, EXAMPLES[::-1]),
    ]


def _worker(pass_name: str, contender: str, model: str, hostile: str) -> record.WorkerInfo:
    return record.WorkerInfo(
        pass_name=pass_name,
        contender=contender,
        model=model,
        launch=0,
        settings={"jit_compile": "True" + hostile},
        versions={"keras": "3.15.1", contender.split()[0]: "1.0"},
        frameworks_held=[contender.split()[0]],
        cores=2,
        epoch_end_polls_seconds=[],
    )


def _round(contender: str, model: str, at: tuple[int, int], seconds: float) -> record.Round:
    launch, block = at
    return record.Round(
        contender, model, "train", 32, launch, block, 0, 50, 10, seconds, 0.2, 0.01, 0.0
    )


def _profile(contender: str, model: str, factor: int, hostile: str) -> list[record.Event]:
    """Return the events of a profile: 20 steps of 2 ms times the factor, of 3 ms when traced."""
    where = (contender, model, 0)
    parts = (("matrix product", "dot", 0.03), ("loss", "log", 0.02), ("Python and Keras", "", 0.01))
    return [
        *(
            record.Compilation(*where, stage, "step" + hostile, 0.4 * factor, cause, "train", size)
            for stage in ("trace", "compile")
            for cause, size in (("first call", 32), ("new shape", 16))
            if contender == "jax"
        ),
        *(
            record.Operation(*where, category, name + hostile, 40, seconds * factor)
            for category, name, seconds in parts
        ),
        record.Profile(
            *where,
            batch_size=32,
            steps=20,
            untraced_seconds=[0.04 * factor, 0.042 * factor, 0.038 * factor],
            clocked_seconds=[0.06 * factor],
            traced_seconds=0.06 * factor,
            trace_sha256="c" * 64,
        ),
    ]


def _memory(contender: str, model: str, factor: int, hostile: str) -> list[record.Event]:
    """Return the events of a memory pass: jax's memory is constant, torch's grows every step."""
    where = (contender, model, 0)
    growth = 0 if contender == "jax" else 102400
    phases = (
        ("interpreter", 0.0, 12),
        ("framework", 2.0, 240),
        ("data", 2.1, 260),
        ("build", 3.0, 280),
        ("first step", 3.5, 310),
        ("steady", 4.0, 320),
        ("after release", 4.2, 290),
    )
    return [
        *(
            record.MemoryPhase(
                *where,
                phase + hostile,
                1.0,
                ended * factor,
                mib * 2**20,
                (mib + 5) * 2**20,
                True,
                (mib - 1) * 2**20,
                (mib - 2) * 2**20,
            )
            for phase, ended, mib in phases
        ),
        record.MemorySteps(*where, 32, 8, 1, [2**28 + growth * step for step in range(200)]),
        *(_loop(where, *each) for each in (("predict", True), ("predict", False))),
        record.MemoryCurve(
            *where, [0.0, 1.0 * factor, 3.0 * factor], [12 * 2**20, 120 * 2**20, 245 * 2**20]
        ),
    ]


def _loop(where: tuple[str, str, int], loop: str, collecting: bool) -> record.MemoryLoop:
    """Return a loop that leaves 100 KiB a repeat, or as much garbage that is collected.

    JAX lists its arrays, none of which is left. Of torch's an array is left by each repeat.
    """
    readings = [2**28 + 100 * 2**10 * repeat for repeat in range(40)]
    kept = 2**28 + 100 * 2**10 * 40 * (not collecting)
    held = {"builtins.dict": 40} if collecting else {}
    half = 2**28 if collecting else None
    listed = where[0] == "jax"
    size = 2**22 if listed else None
    return record.MemoryLoop(
        *(*where, 32, loop, collecting, 2**28, kept, readings, readings, held, half),
        allocated_bytes=[2**22] * 40 if listed else [],
        allocated_before_bytes=size,
        allocated_half_bytes=size if collecting else None,
        allocated_after_bytes=size,
        arrays_before=10,
        arrays_after=10 if listed else 50,
    )


def other_model(baseline: bool = False) -> Record:
    """Return the sample record of a model that isn't an autoencoder, on data that aren't images.

    Parameters
    ----------
    baseline : bool
        Whether a baseline without Keras and the parity pass are planned too; the model has neither.
    """
    made = make()
    name = "classifier"
    reasons = {"parity": "no oracle knows it", "native": "nobody wrote it without Keras"}
    model = record.ModelInfo(name, "classifier.py", "build", {"units": 8}, unsupported=reasons)
    data = record.DataInfo("tables", 60000, 10000, [20], "a" * 64, "b" * 64)
    made.header = msgspec.structs.replace(made.header, models=[model], data=data)
    if baseline:
        native = record.ContenderInfo(
            "native-jax", "native-jax", "1.0", baseline=True, on_keras=False, framework="jax"
        )
        header = made.header
        plan = msgspec.structs.replace(header.plan, passes=["parity", *header.plan.passes])
        found = [*header.contenders, native]
        made.header = msgspec.structs.replace(header, plan=plan, contenders=found)
    made.header = msgspec.structs.replace(
        made.header,
        cells=[msgspec.structs.replace(cell, model=name) for cell in made.header.cells],
        tasks=[msgspec.structs.replace(tasks, model=name) for tasks in made.header.tasks],
    )
    made.events = [
        msgspec.structs.replace(event, model=name) if hasattr(event, "model") else event
        for event in made.events
        if not isinstance(event, record.Reconstructions)
    ]
    return made

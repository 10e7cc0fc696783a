"""A small record, made by hand, of which every figure is known."""

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record

ORDERED_SECONDS = (1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.02, 0.98)
# By block: the A/A control's seconds over its original's.
CONTROL = (1.01, 0.99, 1.01, 0.99, 1.01, 0.99, 1.01, 0.99)
REPEATED_BLOCK = 8
# Two images of 28 × 28: one that grows darker from line to line, one that is its negative.
EXAMPLES = bytes(9 * line for line in range(28) for _ in range(28))
EXAMPLES += bytes(255 - each for each in EXAMPLES)


def make(hostile: str = "") -> Record:
    """Make a record; ``hostile`` is put wherever a record holds free text."""
    plan = record.PlanInfo(
        preset="quick",
        passes=["speed", "footprint", "quality", "profile", "memory"],
        sizes=[record.WorkloadSizes("train", [32], launches=1, blocks=8)],
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
    contenders = [
        record.ContenderInfo("jax", "jax", "1.0"),
        record.ContenderInfo("torch", "torch", "2.0"),
        record.ContenderInfo("tensorflow", "tensorflow", "", "not installed" + hostile),
        record.ContenderInfo("jax A/A", "jax", "1.0", control_of="jax"),
    ]
    header = record.Header(
        schema=record.SCHEMA,
        aebench="0.1.0",
        name="sample" + hostile,
        created="2026-01-01T00:00:00+00:00",
        command=["aebench", "run" + hostile],
        plan=plan,
        models=[model],
        contenders=contenders,
        data=record.DataInfo(
            "mnist" + hostile,
            60000,
            10000,
            [28, 28],
            "a" * 64,
            "b" * 64,
            examples=[3, 1],
            example_pixels=EXAMPLES,
            mean_image_loss=0.263,
        ),
        machine=record.MachineInfo(
            "Processor" + hostile, 2, 2**34, "Linux", "3.11.7", 0.1, {"OMP_NUM_THREADS": "2"}
        ),
        workloads=[
            record.WorkloadInfo("train", "trains", "training", trains=True),
            record.WorkloadInfo("predict", "predicts", "predicting"),
        ],
        cells=[record.Cell(model.name, "train", 32)],
        tasks=[
            record.PlannedTasks("speed", model.name, "", 1),
            *(
                record.PlannedTasks(pass_name, model.name, contender, 1)
                for pass_name in ("footprint", "quality", "profile", "memory")
                for contender in ("jax", "torch")
            ),
        ],
    )
    made = Record(header)
    name = model.name
    for contender, factors in (("jax", (1,) * 8), ("torch", (4,) * 8), ("jax A/A", CONTROL)):
        made.events.append(_worker("speed", contender, name, hostile))
        made.events.append(_round(contender, name, -1, 9.0))
        # What was measured in a block that was repeated doesn't count.
        made.events.append(_round(contender, name, REPEATED_BLOCK, 7.0))
        for block, (seconds, factor) in enumerate(zip(ORDERED_SECONDS, factors, strict=True)):
            made.events.append(_round(contender, name, block, seconds * factor / 10))
    for block in range(9):
        repeated = block == REPEATED_BLOCK
        made.events.append(
            record.Block(
                model=name,
                workload="train",
                batch_size=32,
                launch=0,
                block=block,
                seconds=0.7,
                background_share=0.5 if repeated else 0.01,
                steal_share=0.04 if block == 3 else 0.0,
                fixed_work_seconds=0.02 * (1.1 if block % 2 else 1.0),
                disturbed=repeated,
                repeated=repeated,
            )
        )
    for contender, factor in (("jax", 1), ("torch", 4)):
        for pass_name in ("footprint", "quality", "profile", "memory"):
            made.events.append(_worker(pass_name, contender, name, hostile))
        made.events.append(record.Call(contender, name, 32, 0, 0.3))
        for _ in range(3):
            made.events.append(
                record.ShortEpoch(contender, name, 32, 0, 50, 0.1, 0.002, 0.004, 0.003)
            )
        for phase, seconds, mib in (
            ("interpreter", 0.04, 12),
            ("framework", 2.0, 240),
            ("first step", 1.0, 600),
        ):
            made.events.append(
                record.Phase(
                    contender, name, 0, phase, seconds * factor, mib * 2**20, mib * 2**20, True
                )
            )
        made.events.append(record.FootprintFacts(contender, name, 0, 842009, None, 51, 0.26))
        for epoch, loss in ((1, 0.25), (2, 0.21)):
            made.events.append(
                record.QualityEpoch(
                    contender,
                    name,
                    0,
                    epoch,
                    1.5 * factor,
                    0.2,
                    0.26,
                    loss,
                    0.2 if epoch == 2 else None,
                )
            )
        made.events.append(record.Reconstructions(contender, name, 0, EXAMPLES[::-1]))
        made.events += _profile(contender, name, factor, hostile)
        made.events += _memory(contender, name, factor, hostile)
    made.events.append(record.TaskEnd(record.Task("speed", name, "", 0), 60.0))
    made.events.append(record.End("complete", 100.0))
    return made


def _worker(pass_name: str, contender: str, model: str, hostile: str) -> record.Worker:
    return record.Worker(
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


def _round(contender: str, model: str, block: int, seconds: float) -> record.Round:
    return record.Round(contender, model, "train", 32, 0, block, 0, 50, 10, seconds, 0.2, 0.01, 0.0)


def _profile(contender: str, model: str, factor: int, hostile: str) -> list[record.Event]:
    """Twenty steps of 2 ms (times the factor), of which tracing made 3 ms."""
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
    """Some phases; jax stays as it is, torch grows by 100 KiB a step."""
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
        record.MemoryCurve(
            *where, [0.0, 1.0 * factor, 3.0 * factor], [12 * 2**20, 120 * 2**20, 245 * 2**20]
        ),
    ]


def other_model(baseline: bool = False) -> Record:
    """Make the sample's record of another model: nothing in it is about the autoencoders.

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

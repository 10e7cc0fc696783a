"""A small record, made by hand, of which every figure is known."""

from reports import record
from reports.journal import Record

ORDERED_SECONDS = (1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.02, 0.98)


def make(hostile: str = "") -> Record:
    """Make a record; ``hostile`` is put wherever a record holds free text."""
    plan = record.PlanInfo(
        preset="quick",
        passes=["speed", "footprint", "quality"],
        workloads=["train"],
        batch_sizes=[32],
        launches=1,
        blocks=8,
        footprint_launches=1,
        quality_batch_size=32,
        epochs=2,
        seeds=[0],
        quality_train_samples=10_000,
        threads=0,
        reference="jax",
        order_seed=1,
    )
    definition = record.DefinitionInfo(
        "ae400" + hostile, [400, 200, 100, 50, 25], 0, 1.5, 842009, 3368036, 1679400, 4411000
    )
    contenders = [
        record.ContenderInfo("jax", "jax", "1.0"),
        record.ContenderInfo("torch", "torch", "2.0"),
        record.ContenderInfo("tensorflow", "tensorflow", "", "not installed" + hostile),
    ]
    header = record.Header(
        schema=record.SCHEMA,
        aebench="0.1.0",
        name="sample" + hostile,
        created="2026-01-01T00:00:00+00:00",
        command=["aebench", "run" + hostile],
        plan=plan,
        definitions=[definition],
        contenders=contenders,
        data=record.DataInfo("mnist" + hostile, 60000, 10000, [28, 28], "a" * 64, "b" * 64),
        machine=record.MachineInfo(
            "Processor" + hostile, 2, 2**34, "Linux", "3.11.7", 0.1, {"OMP_NUM_THREADS": "2"}
        ),
    )
    made = Record(header)
    name = definition.name
    for contender, factor in (("jax", 1), ("torch", 4)):
        for pass_name in ("speed", "footprint", "quality"):
            made.events.append(
                record.Worker(
                    pass_name,
                    contender,
                    name,
                    0,
                    {"jit_compile": "True" + hostile},
                    {"keras": "3.15.1", contender: "1.0"},
                    [contender],
                    2,
                    [],
                )
            )
        made.events.append(record.Slice(contender, name, "train", 32, 0, -1, 0, 50, 10, 9.0, 9.0))
        for block, seconds in enumerate(ORDERED_SECONDS):
            made.events.append(
                record.Slice(
                    contender, name, "train", 32, 0, block, 0, 50, 10, seconds * factor / 10, 0.2
                )
            )
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
    made.events.append(record.End("complete", 100.0))
    return made

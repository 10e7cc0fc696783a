"""Make a record of a ladder by hand, whose every figure is known."""

import msgspec

from aebench.bench.protocol.rungs import RUNGS
from aebench.reports import record
from aebench.reports.journal import Record
from helpers import sample

# Milliseconds a step; a call of fit takes 20 ms beside its steps.
TRAIN_MS = {
    "products": 1.0,
    "native-loop": 1.2,
    "native-step": 1.5,
    "framework-step": 2.0,
    "keras-function": 2.5,
    "fit": 3.0,
    "fit-default": 3.3,
    "fit-collected": 3.4,
    "on-batch": 4.0,
    "fit-validated": 3.0,
    "fit-callback": 3.5,
}
CALL_SECONDS = 0.02
STEPS = 50


def make(
    contenders: dict[str, dict[str, float]],
    launches: int = 3,
    blocks: int = 2,
    batch_size: int = 32,
    noise=lambda contender, rung, launch, block: 1.0,
) -> Record:
    """Return a record; ``contenders`` gives the milliseconds of each contender's rungs."""
    made = Record(_header(contenders, launches, blocks, batch_size))
    model = made.header.models[0].name
    for launch in range(launches):
        for block in range(blocks):
            made.events.append(_block(model, batch_size, launch, block))
            for contender, milliseconds in contenders.items():
                for rung, each in milliseconds.items():
                    step = each / 1000 * noise(contender, rung, launch, block)
                    made.events.append(
                        record.RungRound(
                            contender,
                            model,
                            "train",
                            batch_size,
                            launch,
                            rung,
                            block,
                            0,
                            STEPS,
                            STEPS * step + (CALL_SECONDS if rung.startswith("fit") else 0.0),
                            step,
                            STEPS * step,
                        )
                    )
    return made


def repeated(made: Record, launch: int, block: int, milliseconds: float) -> Record:
    """Return a record with a disturbed block whose rounds took so long, and don't count."""
    model = made.header.models[0].name
    found = _block(model, 32, launch, block)
    made.events.append(msgspec.structs.replace(found, disturbed=True, repeated=True))
    step = milliseconds / 1000
    made.events.append(
        record.RungRound(
            "jax", model, "train", 32, launch, "fit", block, 0, STEPS, 1.0, step, STEPS * step
        )
    )
    return made


def absent(contender: str, rung: str, reason: str, model: str = "ae400") -> record.AbsentRung:
    """Return the event of a rung that a contender hasn't got."""
    return record.AbsentRung(contender, model, "train", 32, 0, rung, reason)


def _block(model: str, batch_size: int, launch: int, block: int) -> record.LadderBlock:
    return record.LadderBlock(
        model, "train", batch_size, launch, block, 1.0, 0.0, 0.0, disturbed=False, repeated=False
    )


def _header(contenders, launches: int, blocks: int, batch_size: int) -> record.Header:
    header = sample.make().header
    plan = msgspec.structs.replace(
        header.plan,
        passes=["ladder"],
        sizes=[record.WorkloadSizes("train", [batch_size], launches, blocks)],
    )
    rungs = [
        record.RungInfo("train", each.name, each.what, each.base, each.adds, each.aside)
        for each in RUNGS["train"]
    ]
    return msgspec.structs.replace(
        header,
        plan=plan,
        contenders=[record.ContenderInfo(name, name, "1.0") for name in contenders],
        cells=[],
        tasks=[record.PlannedTasks("ladder", header.models[0].name, "", launches)],
        rungs=rungs,
    )


# Milliseconds of a traced step by category; they add up to 4 ms.
PROFILE_MS = {
    "matrix product": 1.2,
    "element-wise": 0.3,
    "loss": 0.2,
    "data": 0.1,
    "Python and Keras": 1.9,
    "waiting": 0.3,
}
UNTRACED_MS = (3.0, 3.04, 3.1)


def profiled(
    contenders: dict[str, dict[str, float]],
    untraced_ms: tuple[float, ...] = UNTRACED_MS,
    traced_ms: tuple[float, ...] = (3.9, 4.0, 4.1),
    processor: str = "Processor",
) -> Record:
    """Return a run with profiles alone; ``contenders`` gives milliseconds by category."""
    header = _header(contenders, 1, 1, 32)
    made = Record(
        msgspec.structs.replace(
            header,
            name="profiles",
            created="2026-01-02T00:00:00+00:00",
            plan=msgspec.structs.replace(header.plan, passes=["profile"]),
            machine=msgspec.structs.replace(header.machine, processor=processor),
            tasks=[
                record.PlannedTasks("profile", header.models[0].name, each, 1)
                for each in contenders
            ],
        )
    )
    for contender, milliseconds in contenders.items():
        made.events += profile(contender, milliseconds, untraced_ms, traced_ms)
    return made


def profile(
    contender: str,
    milliseconds: dict[str, float],
    untraced_ms: tuple[float, ...] = UNTRACED_MS,
    traced_ms: tuple[float, ...] = (3.9, 4.0, 4.1),
) -> list[record.Event]:
    """Return the events of a profile of 20 steps of ae400 at batch 32."""
    where = (contender, "ae400", 0)
    seconds = 20 / 1000
    return [
        *(
            record.Operation(*where, category, category, 40, seconds * each)
            for category, each in milliseconds.items()
        ),
        record.Profile(
            *where,
            batch_size=32,
            steps=20,
            untraced_seconds=[seconds * each for each in untraced_ms],
            clocked_seconds=[seconds * each for each in traced_ms],
            traced_seconds=seconds * sum(milliseconds.values()),
            trace_sha256="c" * 64,
        ),
    ]

"""Make synthetic speed passes on a machine with two states, as records and as cells."""

from itertools import product

import msgspec
import numpy as np

from aebench.reports import record
from aebench.reports.journal import Record
from helpers import sample, synthetic

MODELS = ("a", "b", "c", "d")
KINDS = tuple(product(("train", "predict"), (32, 500)))
CONTENDERS = ("jax", "torch", "tensorflow")
# Standard deviations of the logarithms of single controls, and of a round: neighbouring rounds
# correlate by 0.4, and a launch has an effect of its own.
_CONTROL_SDS = {"compute_seconds": 0.03, "streaming_seconds": 0.10}
ROUND_SD, _CORRELATION, _LAUNCH_SD = 0.09, 0.4, 0.03
_BLOCKS_A_TURN = 4


def record_of(
    random: np.random.Generator, size: str, slower=None, seen=0.3, share=0.2, models=MODELS
):
    """Return the record of a speed pass.

    In the slow state of the machine contenders take longer by the logarithms ``slower``, and the
    streaming control by the logarithm ``seen``. The state holds for a share of the time, and for
    28 blocks on average: some 20 s.
    """
    slower = slower or {}
    launches, blocks = synthetic.SIZES[size]
    made = Record(_header(launches, blocks, models))
    for model, launch in product(models, range(launches)):
        places = [
            (kind, block)
            for turn in range(0, blocks, _BLOCKS_A_TURN)
            for kind in KINDS
            for block in range(turn, min(turn + _BLOCKS_A_TURN, blocks))
        ]
        slow = states(random, len(places), share)
        controls = {
            field: np.exp(random.normal(0, sd, len(places)) + slow * (seen * (sd > 0.05)))
            for field, sd in _CONTROL_SDS.items()
        }
        logarithms = {
            name: _noise(random, len(places), len(KINDS)) + slow * slower.get(name, 0.0)
            for name in CONTENDERS
        }
        for at, ((workload, batch_size), block) in enumerate(places):
            where = (model, workload, batch_size, launch, block)
            for position, name in enumerate(CONTENDERS):
                seconds = 0.1 * float(np.exp(logarithms[name][at]))
                made.events.append(record.Round(name, *where, position, 50, 5, seconds, 0.2))
            made.events.append(
                record.Block(
                    *where,
                    seconds=0.5,
                    background_share=0.0,
                    steal_share=0.0,
                    disturbed=False,
                    repeated=False,
                    **{field: 0.01 * float(each[at]) for field, each in controls.items()},
                )
            )
    return made


def without_controls(made, native):
    """Return a record without machine controls, in which a contender is a native baseline."""
    contenders = [
        msgspec.structs.replace(each, baseline=True, on_keras=False, framework=each.name)
        if each.name == native
        else each
        for each in made.header.contenders
    ]
    found = Record(msgspec.structs.replace(made.header, contenders=contenders))
    found.events = [
        msgspec.structs.replace(event, compute_seconds=None, streaming_seconds=None)
        if isinstance(event, record.Block)
        else event
        for event in made.events
    ]
    return found


def _noise(random, blocks, kinds):
    """Return the noise of a contender's rounds; each cell has a launch effect of its own."""
    noise = synthetic.autocorrelated(random.normal(0, ROUND_SD, (1, 1, blocks)), _CORRELATION)
    effects = random.normal(0, _LAUNCH_SD, kinds)
    return noise[0, 0] + effects[np.arange(blocks) // _BLOCKS_A_TURN % kinds]


def states(random, blocks, share, length=28):
    """Return 1 for blocks in the slow state, else 0: a Markov chain, stationary from the start."""
    leave = 1 / length
    enter = leave * share / (1 - share)
    slow = np.zeros(blocks)
    state = random.random() < share
    for block in range(blocks):
        slow[block] = state
        state = random.random() >= leave if state else random.random() < enter
    return slow


def _header(launches, blocks, models):
    header = sample.make().header
    sizes = [
        record.WorkloadSizes(workload, [32, 500], launches, blocks)
        for workload in ("train", "predict")
    ]
    return msgspec.structs.replace(
        header,
        plan=msgspec.structs.replace(header.plan, passes=["speed"], sizes=sizes),
        models=[msgspec.structs.replace(header.models[0], name=model) for model in models],
        contenders=[record.ContenderInfo(name, name, "1.0") for name in CONTENDERS],
        cells=[record.Cell(model, *kind) for model, kind in product(models, KINDS)],
        tasks=[record.PlannedTasks("speed", model, "", launches) for model in models],
    )

"""The first line of a record: plan, models, contenders, data and machine."""

from typing import Annotated

import msgspec
from msgspec import Meta

from aebench.reports.record.bounds import (
    MOST,
    MOST_CELLS,
    MOST_LISTED,
    MOST_TASKS,
    MOST_WORKLOADS,
    Count,
    Figure,
    Name,
    Positive,
    PositiveSeconds,
    Share,
    Size,
    Text,
    Workload,
)

# The verdicts' margins, as shares: beyond the first contenders are different, within the second
# they are the same.
DIFFERENT, SAME = 0.01, 0.03
# The rules by which a cell of the speed pass has launches enough; see StoppingRule.
DECIDED, WIDTH = "decided", "width"
# A parameter from which a model is built: a scalar of JSON, or a list of scalars.
_BuildScalar = bool | Annotated[int, Meta(ge=-(2**50), le=2**50)] | Figure | Text | None
BuildValue = _BuildScalar | Annotated[list[_BuildScalar], Meta(max_length=1000)]


class ModelInfo(msgspec.Struct, frozen=True):
    """One model, with what can be computed of it before measuring; unknown numbers are null.

    ``where`` is the module or the file name of its code, and ``sha256`` the digest of that file.
    ``function`` is the name of the function that builds the model from ``build_parameters``.
    ``parameters`` counts weights and biases. ``optimiser_bytes`` is the memory that the optimiser
    keeps for them. ``activations`` counts the numbers per sample that the backward pass needs. The
    operations counted are those of matrix products. ``constant_loss`` is the test loss of the best
    constant prediction. ``dense_shapes`` are the layers' inputs and units, if the model is a chain
    of dense layers without a closed form. ``unsupported`` maps what can't be measured with this
    model to a reason: a pass or workload by its name, ``native`` (the same model without Keras),
    one such baseline by its name, or ``gemm`` (its matrix products).
    """

    name: Name
    where: Name = ""
    function: Name = ""
    build_parameters: Annotated[dict[Name, BuildValue], Meta(max_length=MOST_LISTED)] = {}
    sha256: Name = ""
    parameters: Count | None = None
    weight_bytes: Count | None = None
    optimiser_bytes: Count | None = None
    activations: Count | None = None
    forward_operations: Count | None = None
    training_operations: Count | None = None
    constant_loss: Figure | None = None
    dense_shapes: Annotated[list[tuple[Positive, Positive]], Meta(max_length=MOST_LISTED)] = []
    unsupported: dict[Name, Text] = {}

    def why_not(self, contender: "ContenderInfo", *names: str) -> str:
        """Return why passes or workloads can't measure a contender with this model.

        The reason is empty if they can.
        """
        kinds = [] if contender.on_keras else [contender.backend]
        kinds += ["native"] if kinds and contender.has_model else []
        kind = next((self.unsupported[each] for each in kinds if each in self.unsupported), "")
        reasons = (self.unsupported[name] for name in names if name in self.unsupported)
        return kind or next(reasons, "")


class ContenderInfo(msgspec.Struct, frozen=True):
    """One contender.

    ``missing`` is the reason why the contender cannot run, or empty. ``backend`` is a Keras
    backend, a ``native-`` framework without Keras, or ``gemm``: matrix products alone. ``on_keras``
    is whether the contender runs Keras; only then the footprint and quality passes measure it.
    ``framework`` is the framework that computes, if its name is not the backend's; it is empty for
    ``gemm``. ``profile_note`` names what the profiler leaves out. ``settings`` are the settings
    that the user asked for. A ``baseline`` is measured with the other contenders, but gets no
    verdict. ``python`` is the contender's interpreter; empty for the interpreter that runs aebench.

    A control is a second worker of the contender ``control_of``, in the speed pass alone. For an
    A/A control, ``known_effect`` is 0. Otherwise the control runs more steps than it reports, by
    the share ``known_effect``. Of several A/A controls that can run a cell, each launch has
    another one, in the order of the header. ``unsupported`` maps each workload or pass that the
    backend does not support to a reason.
    """

    name: Name
    backend: Name
    version: Name
    missing: Name = ""
    python: Name = ""
    control_of: Name = ""
    known_effect: Share = 0.0
    settings: dict[Name, Name] = {}
    baseline: bool = False
    unsupported: dict[Name, Text] = {}
    on_keras: bool = True
    framework: Name = ""
    profile_note: Text = ""

    @property
    def computes_with(self) -> str:
        """Return the name of the framework that computes the model; empty for ``gemm``."""
        return self.framework or (self.backend if self.on_keras else "")

    @property
    def is_aa_control(self) -> bool:
        """Return whether this is an A/A control: it does what its original does."""
        return self.control_of != "" and not self.known_effect

    @property
    def has_model(self) -> bool:
        """Return whether the contender runs a model; ``gemm`` runs only matrix products."""
        return self.computes_with != ""

    def why_not(self, *names: str) -> str:
        """Return why the first unsupported of the named workloads and passes can't run.

        The reason is empty if the backend supports them all.
        """
        return next((self.unsupported[name] for name in names if name in self.unsupported), "")


class RungInfo(msgspec.Struct, frozen=True):
    """One rung of a workload's ladder.

    ``what`` is run. It ``adds`` a part to its ``base``, another rung, which is empty for the
    lowest; where a contender hasn't got that, to the base's base. ``aside`` is whether it isn't on
    the way to what users call.
    """

    workload: Workload
    name: Name
    what: Text
    base: Name
    adds: Name
    aside: bool = False


class WorkloadInfo(msgspec.Struct, frozen=True):
    """One workload, with the words that reports use for it.

    ``verb`` and ``gerund`` are words such as "trains" and "training". ``timing`` is what a
    round is a number of: ``step``, ``call`` (one batch each) or ``whole call`` (all samples each;
    its rounds are counted in steps all the same). A workload that ``trains`` has epochs.
    """

    name: Name
    verb: Name
    gerund: Name
    timing: Name = "step"
    trains: bool = False


class DataInfo(msgspec.Struct, frozen=True):
    """The data that models train and predict on.

    The SHA-256 digests are those of the bytes of the float32 arrays. ``notice`` warns if the data
    are a substitute for the real data, else it is empty. ``drawn`` says that they are random, so
    that losses mean nothing. ``choice`` is the value of the option by which the user chose the
    data. ``examples`` are the indices of the test images that every trained model reconstructs;
    ``example_pixels`` are these images, one byte per pixel, by rows. ``mean_image_loss`` is the
    cross-entropy between the test images and the mean training image.
    """

    name: Name
    train_samples: Positive
    test_samples: Positive
    image_shape: Annotated[list[Count], Meta(max_length=8)]
    train_sha256: Name
    test_sha256: Name
    notice: Text = ""
    choice: Name = "auto"
    examples: Annotated[list[Count], Meta(max_length=1000)] = []
    example_pixels: bytes = b""
    mean_image_loss: Figure | None = None
    drawn: bool = False


class MachineInfo(msgspec.Struct, frozen=True):
    """The machine on which a run was made.

    ``fixed_work_seconds`` is the time of a fixed piece of NumPy work before the run.
    ``load_before`` is the system's load average over the last minute before the run. ``identity``
    tells processors of one name apart: family, model, stepping, vector instructions, a digest of
    all flags, caches, hypervisor, accelerators. ``boot`` is the system's identifier of its start.
    """

    processor: Name
    cores: Positive
    memory_bytes: Count
    system: Name
    python: Name
    load_before: Figure | None
    environment: dict[Name, Text]
    fixed_work_seconds: PositiveSeconds | None = None
    identity: Annotated[dict[Name, Text], Meta(max_length=MOST_LISTED)] = {}
    boot: Name = ""

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what tells machines apart; records from before hold no identity."""
        return self.processor, self.cores, tuple(sorted(self.identity.items()))


class Cell(msgspec.Struct, frozen=True, order=True):
    """A model, a workload and a batch size: contenders are compared within a cell."""

    model: Name
    workload: Workload
    batch_size: Positive

    def __str__(self) -> str:
        return f"{self.model}: {self.workload}, batch {self.batch_size}"


class PlannedTasks(msgspec.Struct, frozen=True):
    """The number of tasks (launches or seeds) of a pass for one model and one contender.

    ``contender`` is empty in the passes speed and ladder: all contenders take part in their tasks.
    """

    pass_name: Name
    model: Name
    contender: Name
    tasks: Count


class WorkloadSizes(msgspec.Struct, frozen=True):
    """The sizes of one workload in the speed pass; ``blocks`` is the number in every launch."""

    workload: Workload
    batch_sizes: Annotated[list[Positive], Meta(max_length=MOST_LISTED)]
    launches: Size
    blocks: Size


class StoppingRule(msgspec.Struct, frozen=True):
    """When a cell of the speed pass has launches enough, by what the run itself finds.

    By the rule ``decided`` a run looks at its verdicts after every launch from the ``first_look``
    on. By the rule ``width`` it looks once, after ``first_look`` launches, and computes how many
    launches make the intervals of ratios as narrow as ± ``width`` (a share). A cell has at most
    ``most_launches`` launches.
    """

    rule: Name
    first_look: Annotated[int, Meta(ge=2, le=MOST)]
    most_launches: Annotated[int, Meta(ge=2, le=MOST)]
    width: Share = 0.0

    @property
    def by_width(self) -> bool:
        """Return whether the rule plans launches for a width, from a first stage."""
        return self.rule == WIDTH

    def __str__(self) -> str:
        return f"±{100 * self.width:.3g} %" if self.by_width else self.rule


class PlanInfo(msgspec.Struct, frozen=True):
    """The sizes of a run, which are fixed before anything is measured.

    ``sizes`` holds the speed pass's sizes, one entry per workload. ``batch_size`` is the batch size
    of all passes that do not compare batch sizes. ``different`` and ``same`` are the verdicts'
    margins, as shares. ``measured_in_full`` names the models that all contenders measure in all
    passes, where one contender alone trains the others; it is null for all models.
    With a rule ``until``, the launches in ``sizes`` are the most that a cell may have.
    ``rank_anyway`` is whether contenders are ranked that are not shown to be the same model.
    ``loops`` are those that the memory pass repeats, ``repeats`` times each. A round of the speed
    pass takes about ``round_seconds``; records of former versions don't say how long theirs took.
    """

    preset: Name
    passes: Annotated[list[Name], Meta(max_length=20)]
    sizes: Annotated[list[WorkloadSizes], Meta(max_length=MOST_WORKLOADS)]
    footprint_launches: Annotated[int, Meta(ge=0, le=MOST)]
    batch_size: Positive
    epochs: Size
    seeds: Annotated[list[Annotated[int, Meta(ge=-(2**50), le=2**50)]], Meta(max_length=MOST)]
    quality_train_samples: Positive
    threads: Count
    reference: Name
    order_seed: int
    different: Share = DIFFERENT
    same: Share = SAME
    profile_steps: Size = 20
    measured_in_full: Annotated[list[Name], Meta(max_length=MOST)] | None = None
    until: StoppingRule | None = None
    rank_anyway: bool = False
    loops: Annotated[list[Name], Meta(max_length=20)] = []
    repeats: Size = 60
    round_seconds: Annotated[float, Meta(gt=0, le=3600)] | None = None

    def in_full(self, model: str) -> bool:
        """Return whether all contenders measure a model in all passes."""
        return self.measured_in_full is None or model in self.measured_in_full

    @property
    def workloads(self) -> list[str]:
        """Return the names of the workloads."""
        return [sizes.workload for sizes in self.sizes]

    @property
    def batch_sizes(self) -> list[int]:
        """Return the batch sizes of all workloads, without repetitions."""
        return list(dict.fromkeys(size for sizes in self.sizes for size in sizes.batch_sizes))

    @property
    def launches(self) -> int:
        """Return the largest number of launches of any workload."""
        return max((sizes.launches for sizes in self.sizes), default=0)

    def sizes_of(self, workload: str) -> WorkloadSizes:
        """Return the sizes of a workload.

        Raises
        ------
        KeyError
            If the plan has no such workload.
        """
        for sizes in self.sizes:
            if sizes.workload == workload:
                return sizes
        raise KeyError(workload)

    @property
    def blocks_text(self) -> str:
        """Return launches × blocks as text, such as "8 × 64"; per workload if workloads differ."""
        found: dict[str, list[str]] = {}
        for sizes in self.sizes:
            most = "at most " if self.until else ""
            text = f"{most}{sizes.launches} × {sizes.blocks}"
            found.setdefault(text, []).append(sizes.workload)
        if len(found) == 1:
            return next(iter(found))
        return "; ".join(f"{', '.join(names)} {text}" for text, names in found.items())


class Header(msgspec.Struct, frozen=True, tag="header", tag_field="kind"):
    """The first line of a record.

    ``cells`` and ``tasks`` are computed from the plan; ``cells`` is empty if the run has no speed
    pass. ``operation_categories`` are the categories of a profile, in the order of the tables.
    ``rungs`` are those of the ladder pass, lowest first.
    ``data`` are those of all models but the ones in ``data_of_models``, by their names.
    """

    schema: int
    aebench: Name
    name: Name
    created: Name
    command: Annotated[list[Text], Meta(max_length=MOST)]
    plan: PlanInfo
    models: Annotated[list[ModelInfo], Meta(max_length=MOST)]
    contenders: Annotated[list[ContenderInfo], Meta(min_length=1, max_length=1000)]
    data: DataInfo
    machine: MachineInfo
    workloads: Annotated[list[WorkloadInfo], Meta(max_length=MOST_WORKLOADS)] = []
    cells: Annotated[list[Cell], Meta(max_length=MOST_CELLS)] = []
    tasks: Annotated[list[PlannedTasks], Meta(max_length=MOST_TASKS)] = []
    data_of_models: Annotated[dict[Name, DataInfo], Meta(max_length=MOST)] = {}
    operation_categories: Annotated[list[Name], Meta(max_length=100)] = []
    rungs: Annotated[list[RungInfo], Meta(max_length=1000)] = []

    def data_of(self, model: str) -> DataInfo:
        """Return the data on which a model trains and predicts."""
        return self.data_of_models.get(model, self.data)

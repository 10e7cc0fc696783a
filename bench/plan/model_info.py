"""Describe a model for the record. No code of the model is run."""

from pathlib import Path

from aebench import backends
from aebench.backends import native
from aebench.backends.native import gemm
from aebench.bench.models.model import Model
from aebench.reports.record import ModelInfo

# What trains a model.
_TRAINING = ("train", "footprint", "quality", "profile", "memory")


def describe_model(model: Model) -> ModelInfo:
    """Describe a model for the record, with what can't be measured of it and why."""
    description = model.description
    return ModelInfo(
        name=model.name,
        # Only the file's name: the folders of this machine are private.
        where=Path(description.where).name,
        function=description.function,
        build_parameters=description.parameters,
        sha256=description.sha256,
        parameters=model.parameters,
        weight_bytes=model.weight_bytes,
        optimiser_bytes=model.optimiser_bytes,
        activations=model.activations,
        forward_operations=model.forward_operations,
        training_operations=model.training_operations,
        constant_loss=model.constant_loss,
        dense_shapes=[] if model.form is not None else list(model.dense_shapes),
        unsupported=_unsupported(model),
    )


def _unsupported(model: Model) -> dict[str, str]:
    """Return what can't be measured of a model, with the reasons."""
    found = {} if model.form is not None else _baselines(model)
    return found | (dict.fromkeys(_TRAINING, model.no_training) if model.no_training else {})


def _baselines(model: Model) -> dict[str, str]:
    """Return why baselines don't support a model without a closed form."""
    lacking = {
        backends.NATIVE + name: f"the file of {model.name} has no native_{name}()"
        for name in native_frameworks()
        if name not in model.natives
    }
    without = lacking if model.natives else {"native": native.NOT_GIVEN}
    return without if model.dense_shapes else {**without, "gemm": gemm.CHAINS_ALONE}


def native_frameworks() -> list[str]:
    """List the frameworks in which a model can be given without Keras."""
    return [name for name in backends.NAMES if backends.load(name).BASELINE]

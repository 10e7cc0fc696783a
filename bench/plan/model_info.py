"""Describe a model for the record. No code of the model is run."""

from pathlib import Path

from aebench.backends import native
from aebench.backends.native import gemm
from aebench.bench.models.model import Model
from aebench.reports.record import ModelInfo

# By baseline: why a model without a closed form isn't supported.
_WITHOUT_CLOSED_FORM = {
    "native": native.CHAINS_ALONE,
    "gemm": gemm.CHAINS_ALONE,
}


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
        unsupported={} if model.form is not None else dict(_WITHOUT_CLOSED_FORM),
    )

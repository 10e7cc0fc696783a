"""Models in the plan: found by name, and measured only in what they have."""

import pytest

from aebench.bench.models.autoencoder import parse
from aebench.bench.models.loading import describe as describe_file
from aebench.bench.models.model import FileModel
from aebench.bench.plan.estimate import task_seconds
from aebench.bench.plan.model_info import describe_model
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.request import Request, plan_from_request
from helpers.images import COUNTS


@pytest.fixture
def plan(tmp_path):
    """Return a plan of an autoencoder and of a file that nothing is known of."""
    path = tmp_path / "classifier.py"
    path.write_text("def build(units): ...")
    model = FileModel(describe_file("classifier", str(path), {"units": 8}))
    request = Request(
        backends=["jax"],
        models=["ae200"],
        passes=["parity", "speed", "quality", "memory"],
        baselines=True,
    )
    made = plan_from_request(request, COUNTS)
    return Plan(made.info, [*made.models, model], made.contenders)


def test_models_are_looked_up_in_the_plan(plan):
    assert plan.model("ae200") == parse("ae200")
    assert plan.model("classifier") is plan.models[1]
    with pytest.raises(KeyError):
        plan.model("ae400")


def test_a_model_without_closed_form_has_no_baselines(plan):
    tasks = {(task.pass_name, task.model, task.contender) for task in plan.tasks()}
    assert ("parity", "ae200", "native-jax") in tasks
    assert [task for task in tasks if task[:2] == ("parity", "classifier")] == [
        ("parity", "classifier", "jax")
    ]
    assert ("quality", "classifier", "jax") in tasks
    taking_part = {
        model.name: {
            contender.name
            for contender in plan.in_blocks
            for cell in plan.cells(model.name)
            if plan.takes_part(contender, cell)
        }
        for model in plan.models
    }
    assert taking_part["classifier"] == {"jax", "jax A/A"}
    assert taking_part["ae200"] == {"jax", "jax A/A", "native-jax", "gemm"}


def test_the_record_holds_the_reasons(plan):
    known, unknown = plan.describe_models()
    assert known.unsupported == {}
    assert sorted(unknown.unsupported) == ["gemm", "native"]
    assert "chains of dense layers alone" in unknown.unsupported["gemm"]
    assert "without Keras (native_jax(), for instance)" in unknown.unsupported["native"]


def test_the_record_describes_a_model_and_not_the_folder_of_its_file(plan):
    known, unknown = plan.describe_models()
    assert (unknown.where, unknown.function) == ("classifier.py", "build")
    assert unknown.build_parameters == {"units": 8}
    assert len(unknown.sha256) == len(known.sha256) == 64
    assert (unknown.parameters, unknown.activations) == (None, None)
    assert known.build_parameters["widths"] == [200, 100, 50, 25]
    assert known == describe_model(parse("ae200"))


def test_time_is_estimated_without_knowing_the_operations(plan):
    assert all(task_seconds(plan, task, 1000, 100) > 0 for task in plan.tasks())

"""Test what workers do, on the real backends, always in a process of its own."""

import pytest

from aebench import backends
from helpers.inside import inside

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("backend", backends.NAMES)
def test_model_is_what_the_model_says(backend, tmp_path):
    told = inside(
        backend,
        tmp_path,
        """
        import json, numpy as np, keras
        from aebench.bench.models.autoencoder import parse
        from aebench.bench.models.loading import load
        from aebench.bench.protocol.settings import ContenderSettings
        from aebench.bench.worker.building import build
        rows = {}
        for name in ("ae400", "ae800", "ae800-dropout", "ae800-steep", "ae200", "ae25"):
            model = parse(name)
            autoencoder = build(load(model.description), ContenderSettings(), 3)
            encoder, decoder = autoencoder.get_layer("encoder"), autoencoder.get_layer("decoder")
            weights = model.initial_weights(3)
            autoencoder.set_weights(weights)
            assert autoencoder.count_params() == model.parameters, name
            assert sum(w.nbytes for w in weights) == model.weight_bytes
            x = np.random.default_rng(0).random((5, 28, 28), dtype=np.float32)
            code = np.asarray(encoder.predict(x, verbose=0))
            out = np.asarray(autoencoder.predict(x, verbose=0))
            # A float64 forward pass by hand.
            h = x.reshape(5, 784).astype(np.float64)
            layers = len(weights) // 2
            for i in range(layers):
                h = h @ weights[2 * i] + weights[2 * i + 1]
                h = 1 / (1 + np.exp(-h)) if i == layers - 1 else np.maximum(h, 0)
                if i == layers // 2 - 1:
                    assert code.shape == (5, 25) and np.abs(code - h).max() < 1e-5
            assert out.shape == (5, 28, 28)
            assert np.abs(out.reshape(5, 784) - h).max() < 1e-6, name
            assert np.abs(np.asarray(decoder.predict(code, verbose=0)) - out).max() < 1e-6
            drops = [l.rate for l in encoder.layers if isinstance(l, keras.layers.Dropout)]
            assert drops == ([0.3, 0.3] if "dropout" in name else []), name
        assert float(autoencoder.optimizer.learning_rate) == 1.5
        print(json.dumps("fine"))
        """,
    )
    assert told == "fine"


def test_training_operations_agree_with_a_profiler(tmp_path):
    counted = inside(
        "torch",
        tmp_path,
        """
        import json, numpy as np, torch
        from torch.profiler import ProfilerActivity, profile
        from aebench.bench.models.autoencoder import TABLE, build, parse
        rows = []
        for name in TABLE:
            autoencoder = build(**parse(name).description.parameters)
            x = np.random.default_rng(0).random((32, 28, 28), dtype=np.float32)
            autoencoder.train_on_batch(x, x)
            with profile(activities=[ProfilerActivity.CPU], with_flops=True) as profiler:
                autoencoder.train_on_batch(x, x)
            products = ("aten::mm", "aten::addmm", "aten::matmul", "aten::linear")
            flops = sum(e.flops for e in profiler.key_averages() if e.key in products)
            rows.append([flops / 32, parse(name).training_operations])
        print(json.dumps(rows))
        """,
    )
    for profiler, closed_form in counted:
        assert profiler == pytest.approx(closed_form, rel=0.001)


@pytest.mark.parametrize("backend", backends.default_names())
def test_rounds_are_keras_own_steps(backend, tmp_path):
    told = inside(
        backend,
        tmp_path,
        """
        import gc, json, numpy as np
        from aebench import backends
        from aebench.bench.models.autoencoder import build, parse
        from aebench.bench.protocol.samples import Samples
        from aebench.bench.worker.stepping import Stepper, epoch_boundaries
        from aebench.bench.workloads.predict import WORKLOAD as PREDICT
        from aebench.bench.workloads.train import WORKLOAD as TRAIN
        import os
        backend = backends.load(os.environ["KERAS_BACKEND"])
        model = parse("ae50-dropout")
        images = np.random.default_rng(0).random((320, 28, 28), dtype=np.float32)
        samples = Samples(images, images)

        def fresh():
            autoencoder = build(**model.description.parameters)
            autoencoder.set_weights(model.initial_weights(0))
            return autoencoder

        autoencoder = fresh()
        stepper = Stepper(autoencoder, backend, TRAIN, samples, 32)
        seen, counts = [], []
        def script():
            for _ in range(4):
                before = stepper._steps_run
                collecting = []
                for _ in stepper.round(4, 2, seen.append):
                    collecting.append(gc.isenabled())
                    yield
                assert collecting[-6:] == [False] * 6, collecting
                counts.append(stepper._steps_run - before)

        stepper.run(script())
        # Ten steps make an epoch; a round takes six, and a step is left untimed at its begin.
        assert counts == [7, 10, 10, 10], counts
        assert gc.isenabled()
        # One more step ended fit; each was one update of the weights.
        assert int(autoencoder.optimizer.iterations) == sum(counts) + 1 == stepper._steps_run
        measured = [value for times in seen for value in vars(times).values() if value is not None]
        assert len(measured) == 3 * len(seen) and all(value > 0 for value in measured)
        # The model is its own again.
        autoencoder.fit(images, images, 32, verbose=0)
        assert int(autoencoder.optimizer.iterations) == sum(counts) + 11

        predictor = Stepper(autoencoder, backend, PREDICT, samples, 32)
        predictor.run(predictor.round(3, 2, seen.append))
        assert predictor._steps_run == 7 and len(seen) == 5

        rows = epoch_boundaries(autoencoder, backend, samples.first(96), 32, 5)
        assert len(rows) == 5
        assert all(value > 0 for row in rows for value in vars(row).values())
        print(json.dumps("fine"))
        """,
    )
    assert told == "fine"


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_rounds_are_whole_calls_where_a_call_runs_several_steps(backend, tmp_path):
    told = inside(
        backend,
        tmp_path,
        """
        import json, os, numpy as np
        from aebench import backends
        from aebench.bench.models.autoencoder import parse
        from aebench.bench.models.loading import load
        from aebench.bench.protocol.settings import ContenderSettings
        from aebench.bench.protocol.samples import Samples
        from aebench.bench.worker.building import build
        from aebench.bench.worker.stepping import Stepper, epoch_boundaries
        from aebench.bench.workloads.predict import WORKLOAD as PREDICT
        from aebench.bench.workloads.train import WORKLOAD as TRAIN
        backend = backends.load(os.environ["KERAS_BACKEND"])
        model = load(parse("ae50").description)
        autoencoder = build(model, ContenderSettings(jit=True, steps=4), 0)
        assert (autoencoder.jit_compile, autoencoder.steps_per_execution) == (True, 4)
        images = np.random.default_rng(0).random((640, 28, 28), dtype=np.float32)
        samples = Samples(images, images)
        seen = []
        stepper = Stepper(autoencoder, backend, TRAIN, samples, 32)
        def script():
            for _ in range(3):
                yield from stepper.round(8, 4, seen.append)
        stepper.run(script())
        # Twenty steps make an epoch. A round takes 12, and a call is left untimed at its begin: 16,
        # then 4 to the epoch's end and 16 twice; one more call ended fit.
        assert stepper._steps_run == 16 + 20 + 20 + 4, stepper._steps_run
        assert int(autoencoder.optimizer.iterations) == stepper._steps_run
        rows = epoch_boundaries(autoencoder, backend, samples.first(8 * 32), 32, 3)
        assert len(rows) == 3 and all(value > 0 for row in rows for value in vars(row).values())
        print(json.dumps("fine"))
        """,
    )
    assert told == "fine"


def test_layers_of_equal_shape_start_equal(tmp_path):
    assert (
        inside(
            "jax",
            tmp_path,
            """
        import json, numpy as np
        from aebench.bench.models.autoencoder import parse
        narrow, wide = (parse(name).initial_weights(1) for name in ("ae400", "ae800"))
        other = parse("ae400").initial_weights(2)
        shared = 0
        for one in narrow:
            shared += any(one.shape == two.shape and (one == two).all() for two in wide)
        assert not np.array_equal(narrow[0], other[0])
        limit = (6 / (784 + 400)) ** 0.5
        assert abs(narrow[0]).max() <= limit and abs(narrow[0]).max() > 0.99 * limit
        print(json.dumps(shared))
        """,
        )
        == 18
    )


def test_openvino_computes_in_float32_or_is_refused(tmp_path):
    told = inside(
        "openvino",
        tmp_path,
        """
        import json
        from functools import partial
        import openvino
        from aebench import backends
        facts = backends.load("openvino")
        original = openvino.compile_model
        facts.prepare()
        found = [facts.precision(None)]
        capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        hints = {"FP16": "f16", "BF16": "bf16"}
        lower = [hint for name, hint in hints.items() if name in capabilities]
        openvino.compile_model = partial(
            facts._compiled, lambda model, device, config: original(
                model, device, {**config, "INFERENCE_PRECISION_HINT": lower[0]}
            )
        )
        try:
            lower and facts.precision(None)
        except ArithmeticError as error:
            found.append(str(error))
        print(json.dumps([*found, lower]))
        """,
    )
    assert told[0] == "float32"
    if not told[-1]:
        pytest.skip("this processor computes in float32 only")
    assert "although asked for float32" in told[1]

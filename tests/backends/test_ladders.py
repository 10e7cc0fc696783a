"""Test that a framework's own step computes what Keras's trainer computes, on each backend."""

import pytest

from helpers.inside import inside

MODEL = """
    import json
    import keras
    import numpy as np
    from aebench import backends
    from aebench.backends import ladders
    from aebench.backends.ladders import Batch

    def build():
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.Input((8,)),
                keras.layers.Dense(6, activation="relu", kernel_regularizer="l2"),
                keras.layers.BatchNormalization(),
                keras.layers.Dense(1),
            ]
        )
        model.compile("adam", "mse", metrics=["mae"])
        return model

    random = np.random.default_rng(1)
    arrays = [
        tuple(random.normal(size=(16, width)).astype("float32") for width in (8, 1))
        for _ in range(3)
    ]
    tensors = [Batch(*map(keras.ops.convert_to_tensor, each), None) for each in arrays]
    steps = ladders.load(BACKEND)(build(), tensors)
    outputs = keras.ops.convert_to_numpy(steps.predict(1))
    steps.predict(2)
    losses = [float(keras.ops.convert_to_numpy(steps.train(1))) for _ in range(6)]
    # Over the last batch and around.
    loop = ladders.load(BACKEND)(build(), tensors).loop()
    in_a_loop = loop and [float(keras.ops.convert_to_numpy(loop(count))) for count in (1, 1, 4)]
    model = build()
    expected = model.predict_on_batch(arrays[0][0])
    by_keras = []
    for number in range(6):
        model.reset_metrics()
        by_keras.append(float(model.train_on_batch(*arrays[number % 3])[0]))
    # A model that isn't compiled has no optimiser, and can predict.
    bare = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    assert keras.ops.shape(ladders.load(BACKEND)(bare, tensors).predict(1)) == (16, 1)
    print(json.dumps([losses, by_keras, float(abs(outputs - expected).max()), in_a_loop]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_a_framework_s_step_trains_as_keras_does(backend, tmp_path):
    code = MODEL.replace("BACKEND", repr(backend))
    losses, by_keras, apart, in_a_loop = inside(backend, tmp_path, code)
    # Regularisation, batch normalisation and Adam are in them: a part left out would show.
    assert losses == pytest.approx(by_keras, rel=1e-5)
    assert len(set(losses)) == 6
    assert apart < 1e-6
    if backend == "torch":
        assert in_a_loop is None
    else:
        assert in_a_loop == pytest.approx([by_keras[number] for number in (0, 1, 5)], rel=1e-5)


LOOP = """
    import json
    import keras
    import numpy as np
    from aebench.backends import ladders
    from aebench.backends.ladders import Batch

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    arrays = [(np.ones((8, 4), "float32"), np.ones((8, 1), "float32")) for _ in range(3)]
    batches = [Batch(*map(keras.ops.convert_to_tensor, each), None) for each in arrays]
    loop = ladders.load("tensorflow")(model, batches).loop()
    print(json.dumps([float(loop(4)) for _ in range(3)]))
"""


@pytest.mark.slow
def test_xla_compiles_a_loop_once_whatever_its_first_batch(tmp_path):
    dumped = tmp_path / "xla"
    inside("tensorflow", tmp_path, LOOP, XLA_FLAGS=f"--xla_dump_to={dumped}")
    assert len(list(dumped.glob("module_*loop*.before_optimizations.txt"))) == 1

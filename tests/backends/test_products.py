"""Test the loops over a step's matrix products: nothing may be left out or taken out of a loop."""

import re

import numpy as np
import pytest

from aebench import backends
from aebench.backends import products
from aebench.backends.native import gemm
from aebench.bench.models.autoencoder import parse

AE200 = list(parse("ae200").dense_shapes)
# Fewer outputs than inputs, more, and a single layer.
OPEN = [[(20, 64), (64, 3)], [(5, 64), (64, 30)], [(7, 2)]]
CHAINS = [AE200, *OPEN]
LIBRARIES = products.available()
WORKLOADS = ("train", "predict")


def by_hand(chain, steps):
    """Return a chain's start and gradients after some steps, in float64."""
    start, kept = chain.start.astype(np.float64), []

    def multiply(left, right, left_transposed, right_transposed):
        return (left.T if left_transposed else left) @ (right.T if right_transposed else right)

    kernels = [kernel.astype(np.float64) for kernel in chain.kernels]
    for _ in range(steps):
        start, kept = products.step(start, kernels, chain, multiply, np.concatenate)
    return start, kept


def apart(made, wanted):
    """Return how far arrays are apart, as a share of the largest number."""
    return np.abs(np.asarray(made) - wanted).max() / np.abs(wanted).max()


def loops(workload, shapes, batch_size=16):
    chain = products.chain(shapes, batch_size, workload)
    for backend in LIBRARIES:
        for name, make in products.load(backend).LOOPS.items():
            yield name, chain, make(chain), backends.load(backend)


def test_every_library_has_a_file_and_a_name_of_its_own():
    assert set(LIBRARIES) == {"jax", "numpy", "tensorflow", "torch"}
    assert "" == backends.load("openvino").PRODUCTS == backends.load("gemm").PRODUCTS


@pytest.mark.parametrize("shapes", CHAINS, ids=len)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_step_has_the_products_of_the_model(workload, shapes):
    operations = []

    def multiply(left, right, left_transposed, right_transposed):
        left, right = left.T if left_transposed else left, right.T if right_transposed else right
        operations.append(2 * left.shape[0] * left.shape[1] * right.shape[1])
        return left @ right

    chain = products.chain(shapes, 16, workload)
    following, kept = products.step(chain.start, chain.kernels, chain, multiply, np.concatenate)
    forward = [2 * inputs * units for inputs, units in shapes]
    known = 3 * sum(forward) - forward[0] if workload == "train" else sum(forward)
    assert sum(operations) == 16 * known
    assert following.shape == chain.start.shape
    assert [each.shape for each in kept] == chain.kept_shapes


@pytest.mark.parametrize("shapes", OPEN, ids=len)
def test_what_an_open_chain_hands_on_stays_within_bounds(shapes):
    loop = products.load("numpy").LOOPS["numpy"](products.chain(shapes, 4, "predict"))
    made = [loop.run(steps)[0] for steps in (1, 200, 400)]
    assert apart(made[0], made[2]) > 0
    assert 0.05 < np.abs(made[2]).max() / np.abs(made[1]).max() < 20
    assert 1e-3 < np.abs(made[2]).max() < 1e3


def test_numbers_neither_grow_nor_shrink_in_a_long_round():
    for name in ("ae200", "ae400", "ae800-steep", "ae25"):
        chain = products.chain(list(parse(name).dense_shapes), 1, "predict")
        loop = products.load("numpy").LOOPS["numpy"](chain)
        short, long = (np.abs(loop.run(steps)[0]).max() for steps in (50, 250))
        assert 0.05 < long / short < 20, name


def test_the_first_step_ends_where_the_second_begins():
    chain = products.chain(AE200, 16, "train")
    loop = products.load("numpy").LOOPS["numpy"](chain)
    start, gradients = loop.run(3)
    wanted, wanted_gradients = by_hand(chain, 3)
    assert apart(start, wanted) < 1e-5
    assert max(map(apart, gradients, wanted_gradients)) < 1e-5
    assert apart(start, by_hand(chain, 2)[0]) > 1e-2


@pytest.mark.parametrize(
    ("workload", "numbers"),
    [("train", lambda p: 3 * p + 32 * 784), ("predict", lambda p: p + 32 * 2 * 784)],
)
def test_the_least_bytes_are_the_weights_the_gradients_and_the_batch(workload, numbers):
    form = parse("ae400")
    shapes = list(form.dense_shapes)
    assert products.parameters(shapes) == form.parameters
    assert products.least_bytes(shapes, 32, workload) == 4 * numbers(form.parameters)


def test_a_limit_knows_its_library_and_how_fast_memory_is():
    limit = gemm.Limit(AE200, 16, "train", ["numpy"])
    assert limit.library == "" and not limit.memory_bytes_per_second
    limit.time_libraries()
    assert limit.library == "numpy" == next(iter(limit.library_step_seconds))
    assert limit.memory_bytes_per_second["numpy"] > 0
    assert limit.memory_seconds() > 0
    limit.run(2)


@pytest.mark.slow
@pytest.mark.parametrize("shapes", CHAINS, ids=len)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_all_libraries_compute_the_same_steps(workload, shapes):
    names = []
    for name, chain, loop, backend in loops(workload, shapes):
        made = loop.run(3)
        backend.wait(made)
        start = made if name.startswith("tensorflow") else made[0]
        wanted, wanted_gradients = by_hand(chain, 3)
        assert apart(start, wanted) < 1e-5, name
        if not name.startswith("tensorflow"):
            assert len(made[1]) == len(wanted_gradients)
            assert all(apart(*each) < 1e-5 for each in zip(made[1], wanted_gradients, strict=True))
        names.append(name)
    assert set(names) == {"numpy", "torch", "jax", "tensorflow", "tensorflow:jit"}


@pytest.mark.slow
@pytest.mark.parametrize("shapes", CHAINS, ids=len)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_all_products_are_inside_the_compiled_loop(workload, shapes):
    wanted = len(shapes) * (3 if workload == "train" else 1) - (workload == "train")
    checked = []
    for name, _, loop, _ in loops(workload, shapes):
        if name == "jax":
            text = loop.compiled.as_text()
        elif name == "tensorflow:jit":
            make = loop.function.experimental_get_compiler_ir(*loop.arguments(3))
            text = make(stage="optimized_hlo")
        else:
            continue
        inside, everywhere = products_of_loop(text)
        assert inside == wanted == everywhere, name
        checked.append(name)
    assert checked == ["jax", "tensorflow:jit"]


def products_of_loop(text):
    """Return how many products XLA's code has: what is called from a loop's body, and all."""
    bodies = {}
    for block in re.split(r"\n(?=(?:ENTRY )?%\S+ \(.*\{)", text):
        head = re.match(r"(?:ENTRY )?(%\S+) \(", block)
        if head:
            bodies[head[1]] = block
    called = [*re.findall(r"body=(%[\w.]+)", text)]
    for name in called:
        called += [
            each for each in re.findall(r"calls=(%[\w.]+)", bodies[name]) if each not in called
        ]
    count = {name: len(re.findall(r" dot\(", block)) for name, block in bodies.items()}
    return sum(count[name] for name in called), sum(count.values())


@pytest.mark.slow
@pytest.mark.parametrize("backend", LIBRARIES)
def test_every_pass_over_memory_adds_once(backend):
    stream = products.load(backend).STREAM(1000)
    wait = backends.load(backend).wait
    wait(stream.run(4))
    made = stream.run(4)
    wait(made)
    if backend == "numpy":
        made = np.concatenate([to for to, _ in stream._parts])
    assert np.asarray(made).shape == (1000,)
    passes = 4 if backend == "tensorflow" else 8  # TensorFlow begins anew in every call
    assert np.allclose(np.asarray(made), passes * 1e-6)

"""The rungs of the ladder from matrix products to what users call; each adds a part of the cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rung:
    """A way to run the steps of a workload.

    Parameters
    ----------
    name : str
        The rung's name.
    what : str
        What is run.
    base : str
        The rung to which this one adds a part; empty for the lowest. Where a model hasn't got it,
        it is that rung's own base.
    adds : str
        The part, in a few words.
    aside : bool
        Whether the rung isn't on the way to what users call, but another way, or an addition.
    """

    name: str
    what: str
    base: str
    adds: str
    aside: bool = False


PRODUCTS = "products"
NATIVE_LOOP, NATIVE_STEP = "native-loop", "native-step"
FRAMEWORK, FUSED, FUNCTION = "framework-step", "framework-loop", "keras-function"
FIT, DEFAULT, COLLECTED = "fit", "fit-default", "fit-collected"
OWN_DATA = "fit-own-data"
PREDICT = "predict"
ON_BATCH, CALL = "on-batch", "call"
VALIDATED, WITHOUT_METRICS, CALLBACK = "fit-validated", "fit-without-metrics", "fit-callback"

_BELOW = (
    Rung(PRODUCTS, "the step's matrix products, in the framework's library", "", "matrix products"),
    Rung(
        NATIVE_LOOP,
        "the model without Keras, all steps in one loop",
        PRODUCTS,
        "activations, loss, optimiser",
    ),
    Rung(
        NATIVE_STEP, "the model without Keras, a call per step", NATIVE_LOOP, "a call for each step"
    ),
    Rung(
        FRAMEWORK,
        "Keras's layers and optimiser, by the framework alone",
        NATIVE_STEP,
        "Keras's layers, loss and optimiser",
    ),
    Rung(
        FUNCTION,
        "Keras's own step function, on batches that lie ready",
        FRAMEWORK,
        "Keras's step function",
    ),
)
RUNGS: dict[str, tuple[Rung, ...]] = {
    "train": (
        *_BELOW,
        Rung(FIT, "fit, silent and unshuffled", FUNCTION, "Keras's loop and input path"),
        Rung(DEFAULT, "fit as called by default", FIT, "shuffling and the progress bar"),
        Rung(
            COLLECTED,
            "the same with garbage collection, as users have it",
            DEFAULT,
            "garbage collection",
        ),
        Rung(
            FUSED,
            "the same as framework-step, all steps in one compiled loop",
            FRAMEWORK,
            "one loop in place of a call per step",
            aside=True,
        ),
        Rung(ON_BATCH, "train_on_batch", FUNCTION, "train_on_batch", aside=True),
        Rung(
            WITHOUT_METRICS,
            "fit, without the metrics",
            FIT,
            "leaving out the metrics",
            aside=True,
        ),
        Rung(
            VALIDATED,
            "fit, with validation on at most 1,024 samples",
            FIT,
            "validation",
            aside=True,
        ),
        Rung(
            CALLBACK,
            "fit, with a callback per batch",
            FIT,
            "a callback per batch",
            aside=True,
        ),
        Rung(
            OWN_DATA,
            "fit, on the batches that the file's data() makes",
            FIT,
            "waiting for the file's batches",
            aside=True,
        ),
    ),
    "predict": (
        *_BELOW,
        Rung(PREDICT, "predict, silent", FUNCTION, "Keras's loop and input path"),
        Rung(ON_BATCH, "predict_on_batch", FUNCTION, "predict_on_batch", aside=True),
        Rung(CALL, "model(x)", FRAMEWORK, "a call without compiling", aside=True),
    ),
}

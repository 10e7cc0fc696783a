"""A model class with two inputs, two outputs, sample weights and an own term in its loss.

``compute_loss`` is overridden, since it works on all backends. A ``train_step`` works on one, as
backends take gradients in ways of their own.
"""

import keras
import numpy as np
from keras import layers, ops

DAYS = 28
NUMBERS_PER_DAY = 3
SHOPS = 20
SAMPLES = 4096


class ShopSales(keras.Model):
    """Estimate tomorrow's sales, and the chance that the shop sells out."""

    def __init__(self, filters, units, penalty):
        super().__init__()
        self.penalty = penalty
        self.convolution = layers.Conv1D(filters, 7, activation="relu")
        self.pooling = layers.GlobalAveragePooling1D()
        self.hidden = layers.Dense(units, activation="relu")
        self.sales = layers.Dense(1)
        self.sold_out = layers.Dense(1, activation="sigmoid")

    def call(self, inputs):
        """Return both estimates, by name."""
        history = self.pooling(self.convolution(inputs["history"]))
        shop = ops.one_hot(inputs["shop"][:, 0], SHOPS)
        x = self.hidden(ops.concatenate([history, shop], axis=-1))
        return {"sales": self.sales(x), "sold_out": self.sold_out(x)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the compiled losses, plus a penalty for negative sales."""
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        return loss + self.penalty * ops.mean(ops.relu(-y_pred["sales"]))


def build(filters=16, units=32, penalty=0.1):
    """Return a compiled model that was called once, so that its weights exist."""
    model = ShopSales(filters, units, penalty)
    model(
        {
            "history": keras.Input((DAYS, NUMBERS_PER_DAY)),
            "shop": keras.Input((1,), dtype="int32"),
        }
    )
    model.compile(
        optimizer="adam",
        loss={"sales": "mse", "sold_out": "binary_crossentropy"},
        loss_weights={"sales": 1.0, "sold_out": 0.5},
        metrics={"sales": ["mae"], "sold_out": ["accuracy"]},
    )
    return model


def data():
    """Return (x, y, weights) for training and for the test; later samples weigh more."""
    generator = np.random.default_rng(0)
    count = SAMPLES + 1024
    history = generator.normal(size=(count, DAYS, NUMBERS_PER_DAY)).astype("float32")
    shop = generator.integers(SHOPS, size=(count, 1), dtype="int32")
    size = generator.uniform(1, 3, size=SHOPS)[shop]
    sales = size + history[:, :, 0].mean(axis=1, keepdims=True)
    sold_out = sales + 0.2 * generator.normal(size=(count, 1)) > 2
    x = {"history": history, "shop": shop}
    y = {"sales": sales.astype("float32"), "sold_out": sold_out.astype("float32")}
    weights = np.linspace(0.5, 1.5, count, dtype="float32")

    def part(rows):
        pick = {name: array[rows] for name, array in x.items()}
        want = {name: array[rows] for name, array in y.items()}
        return pick, want, weights[rows]

    return part(np.s_[:SAMPLES]), part(np.s_[SAMPLES:])

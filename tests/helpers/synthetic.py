"""Make synthetic runs whose truth is known, with the kinds of noise that real runs have."""

import numpy as np

# Launches and blocks of the presets: of steps, and of whole calls of predict.
SIZES = {
    "quick": (3, 6),
    "standard": (5, 16),
    "publish": (8, 16),
    "quick calls": (3, 2),
    "standard calls": (5, 4),
    "publish calls": (8, 4),
}
# Standard deviations as in the published run at batch 32: of a pair's log-ratio, and of a launch's.
PAIR_SD, LAUNCH_SD = 0.12, 0.03
NOISES = ("normal", "heavy-tailed", "drifting", "bursting", "autocorrelated", "two states")
# In the slow state of the machine the log-ratio changes by this much. The state lasts seven blocks
# on average, and holds for a fifth of the time.
_STATE_SHIFT, _STATE_BLOCKS, _STATE_SHARE = -0.15, 7, 0.2


def log_ratios(
    noise: str, size: str, runs: int, seed: int = 1, most_launches: int = 0
) -> np.ndarray:
    """Return a contender's log-ratios without a true difference: runs × launches × blocks.

    A run that goes on until it is known has ``most_launches`` instead of the size's.

    All launches have an effect of their own, as processes and minutes differ. The noise in a launch
    is normal, or one of five kinds beside that. "heavy-tailed": extreme rounds are more frequent.
    "drifting": the machine's speed changes from round to round, also between the two rounds of a
    block. "bursting": single rounds take much longer. "autocorrelated": neighbouring blocks
    correlate by 0.4. "two states": a neighbour's memory traffic moves the ratio for some blocks.
    """
    random = np.random.default_rng([seed, NOISES.index(noise), *map(ord, size)])
    launches, blocks = SIZES[size]
    launches = most_launches or launches
    shape = (runs, launches, blocks)
    found = random.normal(0, PAIR_SD, shape)
    if noise == "heavy-tailed":
        # Student's t with three degrees of freedom, scaled to the same standard deviation.
        found = random.standard_t(3, shape) * PAIR_SD / np.sqrt(3)
    if noise == "drifting":
        steps = random.normal(0, 0.05, shape)
        found = found + np.where(random.random(shape) < 0.5, steps, -steps)
    if noise == "bursting":
        for sign in (1, -1):
            found += sign * random.exponential(0.4, shape) * (random.random(shape) < 0.05)
    if noise == "autocorrelated":
        found = autocorrelated(found, 0.4)
    if noise == "two states":
        slow = _states(random, shape)
        found = found + _STATE_SHIFT * (slow - _STATE_SHARE)
    return found + random.normal(0, LAUNCH_SD, (runs, launches, 1))


def in_turn(
    noise: str, size: str, runs: int, models: int, large_sd: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return launches' means of log-ratios without a true difference: runs × models × launches.

    Three contenders run beside a control, which copies another of them in each launch. The first
    array is of the last contender to the first, the second of the control to its original. Launch
    effects of the last contender, and of its controls, have this standard deviation more.
    """
    ratios, controls = [], []
    for model in range(models):
        # Each worker has its own noise: two of them together have that of a pair.
        workers, copies = (
            [
                log_ratios(noise, size, runs, 100 * model + 10 * kind + number).mean(axis=2)
                / np.sqrt(2)
                for number in range(3)
            ]
            for kind in range(2)
        )
        random = np.random.default_rng([model, *map(ord, size)])
        for found in (workers, copies):
            found[2] = found[2] + random.normal(0, large_sd, found[2].shape)
        control = np.empty_like(workers[0])
        for number in range(3):
            control[:, number::3] = (copies[number] - workers[number])[:, number::3]
        ratios.append(workers[2] - workers[0])
        controls.append(control)
    return np.stack(ratios, axis=1), np.stack(controls, axis=1)


def autocorrelated(noise: np.ndarray, correlation: float) -> np.ndarray:
    """Return noise of the same standard deviation whose neighbouring blocks correlate."""
    found = noise.copy()
    for block in range(1, noise.shape[2]):
        own = np.sqrt(1 - correlation**2) * noise[..., block]
        found[..., block] = correlation * found[..., block - 1] + own
    return found


def _states(random: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Return 1 for blocks in the slow state, else 0: a Markov chain, stationary from the start."""
    leave = 1 / _STATE_BLOCKS
    enter = leave * _STATE_SHARE / (1 - _STATE_SHARE)
    slow = np.zeros(shape)
    slow[..., 0] = random.random(shape[:2]) < _STATE_SHARE
    for block in range(1, shape[2]):
        changes = random.random(shape[:2])
        before = slow[..., block - 1]
        slow[..., block] = np.where(before, changes >= leave, changes < enter)
    return slow

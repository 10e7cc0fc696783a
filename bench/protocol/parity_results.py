"""The names of the arrays in a file of results, which a worker writes and the parent reads.

Results are what one contender computes of a model without a closed form.
"""

# The paths of the weights in Keras's order, such as ``dense/kernel``, and their shapes, as text.
WEIGHTS, SHAPES = "weights", "shapes"
# The names of the outputs, as text. Absent if the outputs of equal inputs aren't equal.
OUTPUTS = "outputs"
# The losses of the first batch at inference: one, or several if the model's step names several.
LOSS = "loss"
# By weight: the largest number by which one step changes it.
MOVES = "moves"
# The numbers of the steps of a short training, from 1, and the losses after each of them.
SHORT_STEPS, SHORT = "short steps", "short"


def forward(place: int) -> str:
    """Return the name of an output's values, for the first batch at inference."""
    return f"forward {place}"


def after(place: int) -> str:
    """Return the name of a weight's values after one step."""
    return f"after {place}"


def move(place: int) -> str:
    """Return the name of what one step adds to a weight. Files have only its changes."""
    return f"move {place}"


def change(name: str) -> str:
    """Return the name of a result's largest change by a disturbance of the weights."""
    return f"change of {name}"

"""The phases and step counts that parent and worker must agree on in passes without commands."""

FOOTPRINT_PHASES = ("framework", "data", "build", "first step", "steady", "first prediction")
MEMORY_PHASES = (
    "framework",
    "data",
    "build",
    "first step",
    "steady",
    "prediction",
    "after release",
)
# Number of training steps during which the memory pass reads the memory, after each call.
WATCHED_STEPS = 200

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
# Number of steps after which the memory pass reads the process's memory.
WATCHED_STEPS = 200

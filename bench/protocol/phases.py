"""What parent and worker both count in passes whose answers come unasked: phases and steps."""

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
# After each of these steps the memory pass notes what the process holds.
WATCHED_STEPS = 200

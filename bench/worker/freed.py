"""Free memory that is given back to the system."""

import ctypes
import sys


def give_back() -> None:
    """Make glibc's allocator give the memory that was freed back to the system."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim:
            trim(0)

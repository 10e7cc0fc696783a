"""What XLA's operations are, by what a compiled module's text says of them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from aebench.backends.profilers import ELEMENT_WISE, FUSED, LOSS, MATRIX_PRODUCT, OPTIMISER

# ``%name = type opcode(operands), …, metadata={op_name="scope/operation" …}``
_INSTRUCTION = re.compile(
    r"^\s+(?:ROOT )?%?(?P<name>[\w.-]+) = (?:\([^)]*\)|\S+) (?P<opcode>[\w-]+)\("
    r'(?:.*?metadata=\{[^}]*?op_name="(?P<source>[^"]*)")?'
)
_NUMBER = re.compile(r"\.\d+$")
_PRODUCTS = ("dot", "gemm", "matmul", "onednn")


class Instruction(NamedTuple):
    """One instruction: what it does, and which operation of the model it was made of."""

    opcode: str
    source: str


def instructions(text: str) -> dict[str, Instruction]:
    """Read the instructions of a compiled module's text, by name."""
    found = {}
    for line in text.splitlines():
        match = _INSTRUCTION.match(line)
        if match:
            found[match["name"]] = Instruction(match["opcode"], match["source"] or "")
    return found


def kind(name: str, known: Mapping[str, Instruction], optimiser: str) -> tuple[str, str]:
    """Tell under which operation and category an instruction is counted.

    Parameters
    ----------
    name : str
        Of the instruction, such as ``multiply_subtract_fusion.3``.
    known : mapping
        The module's instructions; of one that isn't there its name has to do.
    optimiser : str
        The name of Keras's optimiser, which is a scope of what it does.
    """
    base = _NUMBER.sub("", name)
    opcode, source = known.get(name, Instruction(base, ""))
    *scopes, last = source.split("/")
    operation = base if not last or last in base else f"{base} ({last})"
    if any("compile_loss" in scope for scope in scopes):
        return operation, LOSS
    if optimiser in scopes:
        return operation, OPTIMISER
    whole = f"{opcode} {base} {last}"
    if any(word in whole for word in _PRODUCTS):
        return operation, MATRIX_PRODUCT
    return operation, FUSED if "fusion" in whole else ELEMENT_WISE

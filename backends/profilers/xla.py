"""Find out which of the model's operations an XLA instruction belongs to.

The text of a compiled module names the model's operation from which each instruction was made.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from aebench.backends.profilers import (
    CONVOLUTION,
    ELEMENT_WISE,
    FUSED,
    KERNELS_OF_PRODUCTS,
    LOSS,
    MATRIX_PRODUCT,
    OPTIMISER,
)

# ``%name = type opcode(operands), …, metadata={op_name="scope/operation" …}``
_INSTRUCTION = re.compile(
    r"^\s+(?:ROOT )?%?(?P<name>[\w.-]+) = (?:\([^)]*\)|\S+) (?P<opcode>[\w-]+)\("
    r'(?:.*?metadata=\{[^}]*?op_name="(?P<source>[^"]*)")?'
)
_NUMBER = re.compile(r"\.\d+$")
# What JAX's transformations make of a scope: ``transpose(jvp(lstm))`` is the scope ``lstm``.
_WRAPPERS = re.compile(r"\w+\(|\)")
_NOT_IN_KERNELS = re.compile(r"[.-]")
_PRODUCTS = ("dot", "onednn", *KERNELS_OF_PRODUCTS)


class Instruction(NamedTuple):
    """Hold an instruction's opcode, and the model's operation from which it was made."""

    opcode: str
    source: str


def instructions(text: str) -> dict[str, Instruction]:
    """Return the instructions of a compiled module by name, read from the module's text."""
    found = {}
    for line in text.splitlines():
        match = _INSTRUCTION.match(line)
        if match:
            found[match["name"]] = Instruction(match["opcode"], match["source"] or "")
    return found


def kernels(known: Iterable[str]) -> dict[str, str]:
    """Return the name of each instruction by the name of the GPU's kernel compiled for it.

    A kernel has the name of its instruction, with ``_`` in place of ``.`` and ``-``.
    """
    return {_NOT_IN_KERNELS.sub("_", name): name for name in known}


def kind(
    name: str,
    known: Mapping[str, Instruction],
    optimiser: str,
    layers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, str]:
    """Return the operation and the category to which an instruction's time is added.

    Parameters
    ----------
    name : str
        The instruction's name, such as ``multiply_subtract_fusion.3``.
    known : mapping of str to Instruction
        The module's instructions by name. A missing instruction's name is its opcode.
    optimiser : str
        The name of Keras's optimiser, which is a scope of all operations of the optimiser.
    layers : mapping of str to str
        Categories of layers by their names, which are scopes of all their operations.
    """
    base = _NUMBER.sub("", name)
    opcode, source = known.get(name, Instruction(base, ""))
    *scopes, last = source.split("/")
    operation = base if not last or last in base else f"{base} ({last})"
    if any("compile_loss" in scope for scope in scopes):
        return operation, LOSS
    if optimiser in scopes:
        return operation, OPTIMISER
    of_layer = [layers[each] for scope in scopes if (each := _WRAPPERS.sub("", scope)) in layers]
    if of_layer:
        return operation, of_layer[0]
    whole = f"{opcode} {base} {last}".lower()
    if "conv_general" in whole or "convolution" in whole:
        return operation, CONVOLUTION
    if any(word in whole for word in _PRODUCTS):
        return operation, MATRIX_PRODUCT
    return operation, FUSED if "fusion" in whole else ELEMENT_WISE

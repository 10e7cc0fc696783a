"""Trees: a leaf, or a dictionary, list or tuple of trees. A model takes trees of arrays."""

from collections.abc import Callable, Iterator
from typing import Any


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return a tree of the same structure, with ``change`` applied to every leaf."""
    if isinstance(tree, dict):
        return {key: mapped(each, change) for key, each in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(mapped(each, change) for each in tree)
    return change(tree)


def leaves(tree: Any) -> Iterator[Any]:
    """Yield the leaves of a tree, those of a dictionary in the order of its keys' names."""
    for _, leaf in named_leaves(tree):
        yield leaf


def named_leaves(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a tree with their names: keys and numbers, separated by ``/``.

    Parameters
    ----------
    tree : object
        The tree.
    name : str
        The name of the tree itself, which every leaf's name begins with.
    """
    if isinstance(tree, dict):
        items = sorted(tree.items(), key=lambda item: str(item[0]))
    elif isinstance(tree, (list, tuple)):
        items = list(enumerate(tree))
    else:
        yield name, tree
        return
    for key, each in items:
        yield from named_leaves(each, f"{name}/{key}" if name else str(key))


def mapped_by_name(tree: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """Return a tree of the same structure, with every leaf made from its name and itself.

    Parameters
    ----------
    tree : object
        The tree.
    change : callable
        Takes a leaf's name, as :func:`named_leaves` yields it, and the leaf.
    name : str
        The name of the tree itself, which every leaf's name begins with.
    """

    def inner(key: Any, each: Any) -> Any:
        return mapped_by_name(each, change, f"{name}/{key}" if name else str(key))

    if isinstance(tree, dict):
        return {key: inner(key, each) for key, each in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(inner(key, each) for key, each in enumerate(tree))
    return change(name, tree)

"""How many operations had to wait for one another, read off the graph that autograd keeps.

depth(node) = 1 + the largest depth of what it was computed from
"""

from torch import Tensor


def longest_chain(y: Tensor) -> int:
    """The number of operations on the longest path from a leaf to y: what no number of processors can shorten.

    Raises ValueError for a tensor without a graph.
    """
    if y.grad_fn is None:
        raise ValueError("y has no graph to be measured; the result of an operation that requires a gradient is wanted")
    depth: dict = {}
    waiting = [y.grad_fn]
    while waiting:  # no recursion: a loop of a thousand steps would be too deep for it
        node = waiting[-1]
        before = [each for each, _ in node.next_functions if each is not None]
        unknown = [each for each in before if each not in depth]
        if unknown:
            waiting.extend(unknown)
        else:
            depth[node] = 1 + max((depth[each] for each in before), default=0)
            waiting.pop()
    return depth[y.grad_fn]

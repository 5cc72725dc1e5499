"""
Shortest paths from a node, as far as a bound, on a directed network.

Symbols and shapes:

N nodes, L links, C columns
out_start   (N+1,)  first of the links that leave a node, in `out_link`; the last entry is L
out_link    (L,)    links sorted by the node they leave
to_node     (L,)    node at the end of a link
length      (L,)    length of a link                                                     [m]
far         (N,)    way from the start to a node; inf: not reached; inf all over between calls [m]
by          (N,)    link by which a node was reached; -1: the start
seen        (C,)    nodes touched, so that `clear` undoes no more than was done
heap_way, heap_node (C,)  binary heap of ways and nodes

Where the heap is full a node is left out: then a path is not found, never a wrong one.
"""

import numpy as np

from .compile import kernel

HEAP = 8192


@kernel
def push(heap_way, heap_node, size, way, node):
    """Put a node on the heap; return its new size."""
    k = size
    while k > 0:
        above = (k - 1) >> 1
        if heap_way[above] < way or (heap_way[above] == way and heap_node[above] <= node):
            break
        heap_way[k] = heap_way[above]
        heap_node[k] = heap_node[above]
        k = above
    heap_way[k] = way
    heap_node[k] = node
    return size + 1


@kernel
def drop_first(heap_way, heap_node, size):
    """Take the first of the heap away; return its new size."""
    size -= 1
    way = heap_way[size]
    node = heap_node[size]
    k = 0
    while True:
        below = 2 * k + 1
        if below >= size:
            break
        other = below + 1
        if other < size and (
            heap_way[other] < heap_way[below]
            or (heap_way[other] == heap_way[below] and heap_node[other] < heap_node[below])
        ):
            below = other
        if way < heap_way[below] or (way == heap_way[below] and node <= heap_node[below]):
            break
        heap_way[k] = heap_way[below]
        heap_node[k] = heap_node[below]
        k = below
    heap_way[k] = way
    heap_node[k] = node
    return size


@kernel
def spread(start, bound, out_start, out_link, to_node, length, far, by, seen, heap_way, heap_node):
    """Fill `far` and `by` of the nodes within `bound` of `start`; return how many were touched."""
    far[start] = 0.0
    by[start] = -1
    seen[0] = start
    n_seen = 1
    size = push(heap_way, heap_node, 0, 0.0, start)
    while size > 0:
        way = heap_way[0]
        node = heap_node[0]
        size = drop_first(heap_way, heap_node, size)
        if way > far[node]:
            continue
        for k in range(out_start[node], out_start[node + 1]):
            link = out_link[k]
            there = to_node[link]
            total = way + length[link]
            if total > bound or total >= far[there]:
                continue
            if far[there] == np.inf:
                if n_seen == seen.size:
                    continue
                seen[n_seen] = there
                n_seen += 1
            if size == heap_way.size:
                continue
            far[there] = total
            by[there] = link
            size = push(heap_way, heap_node, size, total, there)
    return n_seen


@kernel
def clear(far, seen, n_seen):
    """Make `far` infinite again where it was touched."""
    for k in range(n_seen):
        far[seen[k]] = np.inf

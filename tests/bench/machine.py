"""What the machine can do at most: bandwidth of memory, rates of stores and of multiply-adds."""

import platform
import time
from pathlib import Path

import numpy as np
from numba import get_num_threads, njit, prange

LANES = 4  # float64 in 256 bits


@njit(parallel=True)
def triad(a, b, c, factor):
    for i in prange(a.size):
        a[i] = b[i] + factor * c[i]


@njit(parallel=True, nogil=True)
def store(a, times):
    # each thread writes a small array of its own, which stays in the first cache
    for thread in prange(a.shape[0]):
        own = a[thread]
        for n in range(times):
            value = float(n)
            for i in range(own.size):
                own[i] = value


@njit(parallel=True, fastmath={"contract"})
def multiply_add(a, times, factor):
    # a chain of 16 for each number, many numbers at once: the time of a chain is hidden
    for thread in prange(a.shape[0]):
        own = a[thread]
        for _ in range(times):
            for i in range(own.size):
                value = own[i]
                for _ in range(16):
                    value = value * factor + 1.0
                own[i] = value


def processor():
    """Return the name of the processor where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((s.split(":")[1].strip() for s in lines if s.startswith("model name")), "unknown")


def best_of(times, function, *arguments):
    function(*arguments)
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def limits():
    """Return the rates of all threads together."""
    threads, size, times = get_num_threads(), 2048, 20_000
    large = [np.ones(2**23) for _ in range(3)]
    small = np.ones((threads, size))
    triad_s = best_of(3, triad, *large, 1.5)
    store_s = best_of(3, store, small, times)
    add_s = best_of(3, multiply_add, small, times // 16, 0.5)
    vectors = threads * size / LANES * times / 1e6
    return {
        "triad_gb_s": round(3 * large[0].nbytes / triad_s / 1e9, 1),
        "store_256_bit_million_s": round(vectors / store_s),
        "multiply_add_256_bit_million_s": round(vectors / add_s),
    }

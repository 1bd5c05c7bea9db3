"""Growing by a factor, again and again, up to a cap: the arithmetic of backoff and of deadlines. Pure."""

import math


def grown(base: float, factor: float, times: int, cap: float) -> float:
    """`base`, multiplied `times` times by `factor`, never above `cap`. Safe for any number of times."""
    if base <= 0:
        return 0.0
    try:
        power = factor ** max(times, 0)
    except OverflowError:
        power = math.inf
    return min(base * power, cap)

# SPDX-License-Identifier: Apache-2.0
"""Draw one of many weighted places quickly, while places drop out one by one.

For the generator: each server goes to a host that is drawn among those that still have room. A
look at all hosts for each server costs hosts x servers; a tree of sums costs servers x log hosts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from watcher.simulator.records import NOTHING, Resources

Draw = Callable[[], float]
"""Gives a number, 0 <= number < 1."""


class Lottery:
    """Places 0..n-1 by weight, in a binary tree in which each node is the sum of its two children.

    A node is summed again when a place drops out: subtracting would leave rounding errors, and
    with them a chance to draw a place that is gone.

    :param weights: each > 0, of at least one place
    """

    def __init__(self, weights: Sequence[float]) -> None:
        self._leaves = 1 << (len(weights) - 1).bit_length()
        padding = [0.0] * (self._leaves - len(weights))
        self._sums = [0.0] * self._leaves + [*weights, *padding]
        for node in range(self._leaves - 1, 0, -1):
            self._sums[node] = self._sums[2 * node] + self._sums[2 * node + 1]

    def __bool__(self) -> bool:
        """Tell whether there is a place left."""
        return self._sums[1] > 0

    def __contains__(self, place: int) -> bool:
        """Tell whether a place is still in."""
        return self._sums[self._leaves + place] > 0

    def drop(self, place: int) -> None:
        """Take a place out; O(log n)."""
        node = self._leaves + place
        self._sums[node] = 0.0
        while node > 1:
            node //= 2
            self._sums[node] = self._sums[2 * node] + self._sums[2 * node + 1]

    def draw(self, number: float) -> int:
        """Return the place in which a share of the total weight ends; O(log n).

        It is the place that :func:`random.choices` takes for this number, except for rounding.

        :param number: 0 <= number < 1; there must be a place left
        """
        rest, node = number * self._sums[1], 1
        while node < self._leaves:
            node *= 2
            if rest >= self._sums[node] and self._sums[node + 1] > 0:
                rest -= self._sums[node]
                node += 1
        return node - self._leaves


class Room:
    """What places still take, by size and by how full they may become.

    :param weights: of each place, > 0
    :param levels: how far each place may be filled, the level to be kept to first at first
    """

    def __init__(self, weights: Sequence[float], levels: Sequence[Sequence[Resources]]) -> None:
        self._weights = weights
        self._levels = levels
        self._used = [NOTHING] * len(weights)
        self._open: dict[Resources, list[Lottery]] = {}

    def take(self, size: Resources, draw: Draw) -> int | None:
        """Fill a drawn place by the size; returns it, or None, without a draw, if none takes it.

        Cost: O(levels x sizes x log places); the first time for a size O(levels x places) more.
        """
        if size not in self._open:
            self._open[size] = [self._lottery(size, level) for level in self._levels]
        lottery = next(filter(None, self._open[size]), None)
        if lottery is None:
            return None
        place = lottery.draw(draw())
        self._used[place] = self._used[place].plus(size)
        for each, lotteries in self._open.items():
            needed = self._used[place].plus(each)
            for level, other in zip(self._levels, lotteries, strict=True):
                if place in other and not needed.fits(level[place]):
                    other.drop(place)
        return place

    def _lottery(self, size: Resources, level: Sequence[Resources]) -> Lottery:
        lottery = Lottery(self._weights)
        for place, used in enumerate(self._used):
            if not used.plus(size).fits(level[place]):
                lottery.drop(place)
        return lottery

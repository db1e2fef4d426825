# SPDX-License-Identifier: Apache-2.0
"""The tree of sums draws what the standard library draws, among those that are left."""

from __future__ import annotations

import random

import pytest

from watcher.simulator.lottery import Lottery, Room
from watcher.simulator.records import Resources

SMALL = Resources(1, 1, 1)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 37])
def test_a_draw_is_the_choice_of_the_standard_library(count):
    chance = random.Random(count)
    weights = {place: chance.uniform(0.3, 1.0) for place in range(count)}
    lottery = Lottery(list(weights.values()))
    while weights:
        state = chance.getstate()
        drawn = lottery.draw(chance.random())
        chance.setstate(state)
        assert chance.choices(list(weights), list(weights.values())) == [drawn]
        lottery.drop(drawn)
        del weights[drawn]
    assert not lottery


@pytest.mark.parametrize("number", [0.0, 0.5, 1 - 2**-53])
def test_only_the_place_that_is_left_is_drawn(number):
    lottery = Lottery([0.1] * 5)
    for place in (0, 1, 3, 4):
        lottery.drop(place)
    assert lottery.draw(number) == 2


def test_a_level_is_filled_before_the_next_one_is_begun():
    levels = ([SMALL, SMALL], [Resources(2, 2, 2), SMALL])
    room = Room([1.0, 1.0], levels)
    taken = [room.take(SMALL, lambda: 0.0) for _ in range(4)]
    assert taken == [0, 1, 0, None]


def test_a_size_seen_late_knows_how_full_places_are():
    room = Room([1.0, 1.0], ([Resources(3, 3, 3)] * 2,))
    room.take(Resources(2, 2, 2), lambda: 0.0)
    assert room.take(Resources(2, 2, 1), lambda: 0.0) == 1

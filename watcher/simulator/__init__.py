# SPDX-License-Identifier: Apache-2.0
"""A cloud in memory that answers as Keystone, Nova and Placement over real HTTP.

It is for the quick start, for tests and for what-if on a copy of a real cloud. It decides
nothing for the product: it shares no rule with the engines, so that it can contradict them.
"""

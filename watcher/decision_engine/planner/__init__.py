# SPDX-License-Identifier: Apache-2.0
"""Planners: from the actions of a solution to an action plan."""

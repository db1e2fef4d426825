# SPDX-License-Identifier: Apache-2.0
"""Strategies: how a goal is reached."""

# SPDX-License-Identifier: Apache-2.0
"""The engines that run the graph of a plan."""

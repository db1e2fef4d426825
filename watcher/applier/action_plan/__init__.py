# SPDX-License-Identifier: Apache-2.0
"""The execution of one action plan."""

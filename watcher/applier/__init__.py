# SPDX-License-Identifier: Apache-2.0
"""The daemon that executes action plans."""

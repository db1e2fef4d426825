# SPDX-License-Identifier: Apache-2.0
"""Scoring engines: named functions from a JSON text to a JSON text."""

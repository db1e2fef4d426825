# SPDX-License-Identifier: Apache-2.0
"""Modules that a WSGI server is pointed at."""

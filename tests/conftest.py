# SPDX-License-Identifier: Apache-2.0
"""Imports the package before anything else: it chooses the threading backend of oslo.service.

A test module that imports oslo.messaging first would choose eventlet for the whole run.
"""

from __future__ import annotations

import watcher  # noqa: F401
from tests import properties

properties.load_profile()

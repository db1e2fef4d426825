# SPDX-License-Identifier: Apache-2.0
"""Entry points of the commands: choose, configure, start. Nothing else is decided here."""

from __future__ import annotations

import warnings

# A dependency of a dependency imports eventlet if it is installed. Nothing here uses it, so its
# advice to its users would only puzzle operators.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

# SPDX-License-Identifier: Apache-2.0
"""What the service announces: the published payloads, and the one ``emit``."""

from watcher.notifications.emission import EVENTS, StateUpdate, emit

__all__ = ["EVENTS", "StateUpdate", "emit"]

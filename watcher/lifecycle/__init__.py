# SPDX-License-Identifier: Apache-2.0
"""The verbs of the product, and the only writers of states.

Each verb is one short transaction with one compare-and-set against the tables of
``watcher.domain.states``; after the commit it emits the published notifications and rings the
doorbell of the next daemon. Of two that want the same row exactly one wins: users who lose get the
published error, daemons get None, False or :class:`OwnershipLost`.

A verb called inside a larger unit of work would announce what is not committed yet; don't.
"""

from watcher.lifecycle.ownership import OwnershipLost

__all__ = ["OwnershipLost"]

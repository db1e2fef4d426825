# SPDX-License-Identifier: Apache-2.0
"""Watcher: optimisation of running OpenStack clouds."""

from __future__ import annotations

from oslo_service import backend

# oslo.messaging and oslo.versionedobjects import oslo.service, which would otherwise choose
# eventlet. Here, because no module of this package is imported earlier; a host application that has
# already chosen keeps its choice.
backend.register_backend_default_hook(lambda: backend.BackendType.THREADING)

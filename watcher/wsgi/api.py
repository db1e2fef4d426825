# SPDX-License-Identifier: Apache-2.0
"""``watcher.wsgi.api:application``: the published place of the API for WSGI servers."""

from __future__ import annotations

from watcher.api.wsgi import initialize_wsgi_app

application = initialize_wsgi_app()

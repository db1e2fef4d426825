# SPDX-License-Identifier: Apache-2.0
"""Serves Keystone's own application; run with the port to listen on as the argument.

Its configuration is found through ``OS_KEYSTONE_CONFIG_FILES``.  A request with the header
``X-Lifetime`` gets a token that lives for so many seconds, so that a test can see one expire.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from typing import Any

from cheroot import wsgi

PORT = int(sys.argv.pop())  # Keystone reads the arguments, too.

from keystone.conf import CONF  # noqa: E402
from keystone.wsgi.api import application  # noqa: E402

lock = threading.Lock()


def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer one request after the other."""
    with lock:
        lifetime = environ.get("HTTP_X_LIFETIME")
        if lifetime is None:
            return application(environ, start_response)
        CONF.set_override("expiration", int(lifetime), "token")
        try:
            return application(environ, start_response)
        finally:
            CONF.clear_override("expiration", "token")


if __name__ == "__main__":
    wsgi.Server(("127.0.0.1", PORT), serve, numthreads=8).start()

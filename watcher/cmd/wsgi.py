# SPDX-License-Identifier: Apache-2.0
"""``watcher-api-wsgi`` run as a command: a server for trying out, with the published options.

WSGI servers import the script instead and take ``application`` from it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from watcher.api.http.server import ApiServer
from watcher.api.wsgi import initialize_wsgi_app
from watcher.common.listening import check_is_free

PORT = 8000


def main(argv: Sequence[str] | None = None) -> int:
    """Serve from this process until Ctrl-C or SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="watcher-api-wsgi",
        description="Serve the REST API from one process, to try it out.",
        epilog="Example: watcher-api-wsgi --port 8000 -- --config-file /etc/watcher/watcher.conf",
    )
    parser.add_argument("-p", "--port", type=int, default=PORT, help=f"port to listen on ({PORT})")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("arguments", nargs="*", help="after --: arguments like --config-file FILE")
    options = parser.parse_args(argv)
    try:
        check_is_free(options.host, options.port, "choose another with --port")
    except OSError as error:
        print(f"watcher-api-wsgi: {error.strerror}", file=sys.stderr)
        return 1
    server = ApiServer(initialize_wsgi_app(options.arguments), options.host, options.port)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # In a thread: a handler must take no lock that the interrupted line may hold.
        signal.signal(number, lambda *_: threading.Thread(target=ended.set).start())
    server.start()
    ended.wait()
    server.stop()
    return 0

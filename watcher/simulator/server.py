# SPDX-License-Identifier: Apache-2.0
"""The simulated services behind one port, with the faults that hit requests."""

from __future__ import annotations

import errno
import logging
import os
import socket
import struct
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from cheroot import wsgi
from webob import Request, Response

from watcher.simulator import control, keystone, nova_views, placement
from watcher.simulator.cloud import Cloud
from watcher.simulator.faults import Fault
from watcher.simulator.http import answer
from watcher.simulator.nova import Nova
from watcher.simulator.tokens import TokenStore

LOG = logging.getLogger(__name__)

PASSWORD = "simulator"  # noqa: S105 - printed at start; it opens a made-up cloud on loopback
INFRA_OPTIM_URL = "http://127.0.0.1:9322"
CONNECTION = "watcher.simulator.connection"


class Application:
    """The WSGI application: finds the service by the first part of the path."""

    def __init__(
        self,
        cloud: Cloud,
        *,
        password: str = PASSWORD,
        token_lifetime_s: float = 3600.0,
        infra_optim_url: str = INFRA_OPTIM_URL,
    ) -> None:
        self.cloud = cloud
        self.stopping = threading.Event()
        self.tokens = TokenStore(
            cloud.projects(), cloud.now, password=password, lifetime_s=token_lifetime_s
        )
        services: dict[str, Callable[[Request], Response]] = {
            keystone.PREFIX: keystone.Keystone(self.tokens, infra_optim_url=infra_optim_url),
            nova_views.PREFIX: Nova(cloud, self.tokens),
            placement.PREFIX: placement.Placement(cloud, self.tokens),
            control.PREFIX: control.Control(cloud, self.tokens),
        }
        self._services = services

    def arm(self, fault: Fault) -> None:
        """Put a fault in force, as ``POST /simulator/faults`` does."""
        control.arm(self.cloud, self.tokens, fault)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        response = self._respond(request)
        result: Iterable[bytes] = response(environ, start_response)
        return result

    def _respond(self, request: Request) -> Response:
        name = request.path_info_peek() or ""
        service = self._services.get(f"/{name}")
        if service is None:
            return answer({"error": f"no service at {request.path_info}"}, 404)
        request_id = f"req-{uuid.uuid4()}"
        response = None
        if service is not self._services[control.PREFIX]:
            response = self._go_wrong(request)
        if response is None:
            request.path_info_pop()
            response = service(request)
        response.headers["x-openstack-request-id"] = request_id
        if name == "compute":
            response.headers["x-compute-request-id"] = request_id
        LOG.debug("%s %s: %s", request.method, request.path_qs, response.status_int)
        return response

    def _go_wrong(self, request: Request) -> Response | None:
        """Apply the faults that hit a request; returns the failure, if one is due."""
        for fault in self.cloud.faults.for_request(request.method, request.path_info):
            if fault.kind == "latency":
                self.stopping.wait(fault.seconds)
            elif fault.kind == "reset":
                _reset(request.environ[CONNECTION])
            else:
                body = {"code": fault.status, "message": "The simulator was told to fail."}
                return answer({"computeFault": body}, fault.status)
        return None


def _reset(connection: Any) -> NoReturn:
    """Drop one of cheroot's connections so that the peer sees a reset.

    Cheroot stops serving when a closed socket surprises it: ``linger`` makes it leave the
    socket alone, and it ignores a reset silently.
    """
    connection.linger = True
    at_once = struct.pack("ii", 1, 0)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    os.close(connection.socket.detach())
    raise ConnectionResetError(errno.ECONNRESET, "the simulator was told to drop this connection")


class _Gateway(wsgi.Gateway_10):
    """Tells the application which connection a request came over."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override] # cheroot's stub says None
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[CONNECTION] = self.req.conn
        return environ


class _Server(wsgi.Server):
    """Logs like everything else."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        LOG.log(level, "%s", msg, exc_info=traceback)


class SimulatorServer:
    """A simulator that serves from threads of this process.

    :param port: 0 for any free one
    :param options: of :class:`Application`
    """

    def __init__(
        self, cloud: Cloud, host: str = "127.0.0.1", port: int = 0, **options: Any
    ) -> None:
        self.cloud = cloud
        self.application = Application(cloud, **options)
        self._server = _Server(
            (host, port), self.application, numthreads=16, timeout=60, shutdown_timeout=2
        )
        self._server.gateway = _Gateway
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, and serve from now on.

        :raises OSError: when the address is taken
        """
        self._server.prepare()
        self._thread = threading.Thread(
            target=self._server.serve, name="watcher-simulator", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and join the threads; may be called twice."""
        self.application.stopping.set()
        self._server.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def url(self) -> str:
        """Return the URL of the simulator, without a trailing slash."""
        host, port = self._server.bind_addr[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def auth_url(self) -> str:
        """Return the URL where clients log in."""
        return f"{self.url()}{keystone.PREFIX}/v3"

# SPDX-License-Identifier: Apache-2.0
"""The command ``watcher-simulator``: its options, and what it prints."""

from __future__ import annotations

import argparse
import contextlib
import logging
import math
import queue
import signal
import sys
from collections.abc import Iterator, Sequence

from watcher.common.listening import check_is_free
from watcher.simulator import json_file, origins, written
from watcher.simulator.cloud import Cloud
from watcher.simulator.errors import CloudError
from watcher.simulator.faults import KINDS, Fault
from watcher.simulator.generator import MAX_HOSTS, MAX_SERVERS
from watcher.simulator.motion import Options
from watcher.simulator.server import INFRA_OPTIM_URL, PASSWORD, SimulatorServer

LAST_PORT = 65535
REMEDY = "choose another with --port (--port 0: any free one)"
DESCRIPTION = """\
Serve Keystone v3, Nova 2.1 (microversions 2.1 to 2.96) and Placement over HTTP, for a cloud that
exists only in memory. Migrations take time, can fail and can be aborted. Any OpenStack client can
be pointed at it; it touches nothing outside this process.

The cloud is generated from a seed, or read from a file: a snapshot written by --dump, or the answer
of an optimisation service to GET /v1/data_model, which is a copy of a real cloud.
"""

EPILOG = f"""\
users       admin, watcher, nova, placement (role admin), demo (roles member and reader)
state       curl URL/simulator/state
snapshot    curl URL/simulator/snapshot > FILE
faults      curl -X POST URL/simulator/faults -d '{{"kind": "error", "status": 503,
                "path": "/servers/detail", "count": 2}}'
            curl URL/simulator/faults, curl -X DELETE URL/simulator/faults[/ID]
            A file for --faults is a JSON list of the same objects.
            kind: {", ".join(KINDS)};
            for requests: method, path (regular expression), status, seconds;
            for servers: server (name or id), host; for all: count, after_s.
"""


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    made = argparse.ArgumentParser(
        "watcher-simulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    size = made.add_argument_group("the cloud")
    size.add_argument(
        "--hosts", type=int, default=20, metavar="N", help=f"number of hosts, 1 to {MAX_HOSTS} (20)"
    )
    size.add_argument(
        "--servers",
        type=int,
        default=200,
        metavar="N",
        help=f"number of servers, 0 to {MAX_SERVERS} (200)",
    )
    size.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same cloud (1)")
    size.add_argument(
        "--pinned-ratio",
        type=float,
        default=0.0,
        metavar="R",
        help="share of servers that may not leave their availability zone, 0 to 1 (0)",
    )
    size.add_argument("--load", metavar="FILE", help="read the cloud from FILE instead")
    size.add_argument("--dump", metavar="FILE", help="write the cloud to FILE, at start and end")
    conduct = made.add_argument_group("its behaviour")
    conduct.add_argument(
        "--migration-seconds",
        type=seconds,
        default=1.0,
        metavar="S",
        help="how long a migration takes; stops, starts and builds take part of that (1)",
    )
    conduct.add_argument(
        "--live-migrations-per-host",
        type=int,
        metavar="N",
        help="how many may leave a host at once; the rest queue (no limit)",
    )
    conduct.add_argument(
        "--failure-ratio",
        type=float,
        default=0.0,
        metavar="R",
        help="share of migrations that fail half-way, 0 to 1 (0)",
    )
    conduct.add_argument(
        "--faults", metavar="FILE", help="faults in force from the start, see below"
    )
    where = made.add_argument_group("the server")
    where.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help="(127.0.0.1)")
    where.add_argument(
        "--port", type=port_number, default=19999, metavar="N", help="0: any free one (19999)"
    )
    where.add_argument("--password", default=PASSWORD, help=f"of every user ({PASSWORD})")
    where.add_argument(
        "--token-seconds", type=seconds, default=3600.0, metavar="S", help="of a token (3600)"
    )
    where.add_argument(
        "--infra-optim-url",
        default=INFRA_OPTIM_URL,
        metavar="URL",
        help=f"the optimisation service in the catalog ({INFRA_OPTIM_URL})",
    )
    where.add_argument("--debug", action="store_true", help="log each request")
    return made


def make_cloud(arguments: argparse.Namespace) -> Cloud:
    """Return the cloud that the options describe.

    :raises ValueError: when they cannot be met
    """
    options = Options(
        migration_seconds=arguments.migration_seconds,
        live_migrations_per_host=arguments.live_migrations_per_host,
        failure_ratio=arguments.failure_ratio,
        seed=arguments.seed,
    )
    if arguments.load:
        return origins.load(arguments.load, options)
    return origins.generate(
        arguments.hosts,
        arguments.servers,
        arguments.seed,
        options,
        pinned_ratio=arguments.pinned_ratio,
    )


def read_faults(path: str) -> list[Fault]:
    """Return the faults of a file.

    :raises ValueError: when it is not a JSON list of faults
    """
    documents = json_file.read(path)
    if not isinstance(documents, list):
        raise ValueError(f"{path}: expected a list of faults, found {type(documents).__name__}")  # noqa: TRY004 - one error for the caller
    try:
        return [Fault.from_document(document) for document in documents]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def credentials(server: SimulatorServer, password: str) -> str:
    """Return an openrc for the simulator."""
    values = {
        "OS_AUTH_TYPE": "password",
        "OS_AUTH_URL": server.auth_url(),
        "OS_USERNAME": "admin",
        "OS_PASSWORD": password,
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": "RegionOne",
        "OS_IDENTITY_API_VERSION": "3",
        "OS_COMPUTE_API_VERSION": "2.96",
    }
    return written.openrc(values, [server.url()])


def configuration(server: SimulatorServer, password: str) -> str:
    """Return the sections of watcher.conf that point at the simulator."""
    values = {
        "auth_type": "password",
        "auth_url": server.auth_url(),
        "username": "watcher",
        "password": password,
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    login = "".join(written.option(name, value) for name, value in values.items())
    return f"[keystone_authtoken]\n{login}\n[watcher_clients_auth]\n{login}"


def port_number(text: str) -> int:
    """Read the number of a TCP port from the command line."""
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"expected a port, 0 to {LAST_PORT}, found '{text}'")
    return int(text)


def seconds(text: str) -> float:
    """Read a duration from the command line; ``nan`` and ``inf`` are numbers, but not durations."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds, 0 or more, found '{text}'")
    return found


def run(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status: 0, or 2 if it cannot serve."""
    arguments = parser().parse_args(argv)
    level = logging.DEBUG if arguments.debug else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        with signals() as stopped:
            serve(arguments, stopped)
    except (CloudError, OSError, ValueError) as error:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print(f"watcher-simulator: {_reason(error)}", file=sys.stderr)
        return 2
    return 0


def _reason(error: Exception) -> str:
    """Return the text of an error; if it names no file, without the error number."""
    if isinstance(error, OSError) and error.filename is None and error.strerror:
        return error.strerror
    return str(error)


def serve(arguments: argparse.Namespace, stopped: queue.SimpleQueue[int]) -> None:
    """Serve until told to stop.

    :raises ValueError: for options that cannot be met; other errors come from cloud and system
    """
    check_is_free(arguments.bind, arguments.port, REMEDY)
    cloud = make_cloud(arguments)
    server = SimulatorServer(
        cloud,
        arguments.bind,
        arguments.port,
        password=arguments.password,
        token_lifetime_s=arguments.token_seconds,
        infra_optim_url=arguments.infra_optim_url,
    )
    for fault in read_faults(arguments.faults) if arguments.faults else ():
        server.application.arm(fault)
    if arguments.dump:
        cloud.dump(arguments.dump)
    try:
        server.start()
        announce(server, arguments.password)
        stopped.get()
    finally:
        server.stop()
        if arguments.dump:
            cloud.dump(arguments.dump)


def announce(server: SimulatorServer, password: str) -> None:
    """Print where the simulator is and how to use it."""
    cloud = server.cloud.contents()
    print(
        f"# {len(cloud.hosts)} hosts, {len(cloud.servers)} servers at {server.url()}\n"
        f"# auth_url: {server.auth_url()}   (Ctrl-C stops)\n"
        f"\n# for clients:\n{credentials(server, password)}"
        f"\n# for watcher.conf:\n{configuration(server, password)}",
        flush=True,
    )


@contextlib.contextmanager
def signals() -> Iterator[queue.SimpleQueue[int]]:
    """Yield a queue that receives SIGINT, SIGTERM and SIGHUP, which then do not end the process.

    A SIGHUP that ``nohup`` ignores stays ignored. A second signal may arrive while the first is
    handled. An event would then wait for its own lock for ever; putting something into a simple
    queue is safe.
    """
    stopped: queue.SimpleQueue[int] = queue.SimpleQueue()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {
        number: signal.signal(number, lambda number, _frame: stopped.put(number))
        for number in numbers
    }
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

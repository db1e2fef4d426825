# SPDX-License-Identifier: Apache-2.0
"""The command line of the single process: options, the demonstration, and how it stops."""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence

from oslo_config import cfg

from watcher import version
from watcher.common import listening
from watcher.common.exception import WatcherException
from watcher.conf import api as api_options
from watcher.db import failures
from watcher.simulator import origins
from watcher.simulator.cloud import Cloud
from watcher.simulator.command import port_number, seconds
from watcher.simulator.motion import Options
from watcher.simulator.server import PASSWORD, SimulatorServer
from watcher.standalone import configuration, demo, folder, interruption, process
from watcher.standalone.configuration import Place
from watcher.standalone.demo_client import DemoClient, DemoError, token
from watcher.standalone.interruption import AskedToEnd, Interruption
from watcher.standalone.view import View

DEMO_CLOUD = "generate:hosts=20,servers=200,seed=1"
GENERATE = "generate:"
REMEDY = "choose another with --port (--port 0: any free one)"

DESCRIPTION = """\
Run API, decision engine and applier in one process, on SQLite and without a message broker.

With --cloud (or --demo) it brings its own simulated cloud; otherwise --config-file names the
options of a real one ([watcher_clients_auth], [keystone_authtoken]).
"""
EPILOG = """\
examples:
  watcher-standalone --demo
      drain one of 20 simulated hosts by live migration, show the progress, print the hosts
      before and after; exit code 0 only if the host is empty and every move was observed
  watcher-standalone --cloud generate:hosts=100,servers=1000,seed=7
      serve until Ctrl-C over a simulated cloud; credentials for 'openstack' are printed
  watcher-standalone --config-file watcher.conf
      serve until Ctrl-C over the real cloud that the file names
"""


def main(argv: Sequence[str]) -> int:
    """Run the process; return 0 for a good end, 1 for a failed demonstration, 2 for bad usage.

    A demonstration that was interrupted returns 130, as shells do for Ctrl-C.
    """
    options = _parser().parse_args(argv)
    view = View(sys.stdout)
    try:
        cloud = _cloud(options)
        _check_files(options.config_file)
        with interruption.by_signals() as interrupted, _place(options) as place:
            return _run(options, place, cloud, view, interrupted)
    except AskedToEnd:
        with contextlib.suppress(OSError):  # the terminal may be gone
            view.line("stopped")
        return 0 if not options.demo else 130
    except (demo.DemoFailed, DemoError) as error:
        with contextlib.suppress(OSError):
            view.line(f"FAILED: {error}")
        return 1
    except failures.FAILURES as error:
        return _refused(f"the database: {failures.reason(error)}")
    except (ValueError, OSError, cfg.Error, WatcherException) as error:
        return _refused(str(error))


def _refused(reason: str) -> int:
    with contextlib.suppress(OSError):
        print(f"watcher-standalone: {reason}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="watcher-standalone",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version.version_string())
    parser.add_argument(
        "--demo", action="store_true", help="drain a host of the simulated cloud, then exit"
    )
    parser.add_argument(
        "--cloud",
        metavar="FILE|generate:hosts=N,servers=N,seed=N",
        help="bring a simulated cloud: from a snapshot file, or generated (the same seed gives "
        f"the same cloud). With --demo: {DEMO_CLOUD}",
    )
    parser.add_argument(
        "--migration-seconds",
        type=seconds,
        default=1.0,
        metavar="S",
        help="how long a migration takes in the simulated cloud (default: 1)",
    )
    parser.add_argument("--host", help="address of the API ([api] host, 127.0.0.1)")
    parser.add_argument(
        "--port", type=port_number, help="port of the API ([api] port, 9322); 0: any free one"
    )
    parser.add_argument(
        "--state-dir",
        type=pathlib.Path,
        metavar="DIR",
        help="folder of the database, configuration and credentials (./watcher-standalone; "
        "with --demo a temporary one)",
    )
    parser.add_argument(
        "--config-file",
        action="append",
        type=pathlib.Path,
        default=[],
        metavar="FILE",
        help="options that override those of the process's own file; may be repeated",
    )
    return parser


def _cloud(options: argparse.Namespace) -> Cloud | None:
    text = options.cloud or (DEMO_CLOUD if options.demo else None)
    if text is None:
        if not options.config_file:
            raise ValueError("no cloud: give --demo, --cloud or --config-file (see --help)")
        return None
    conduct = Options(migration_seconds=options.migration_seconds)
    if not text.startswith(GENERATE):
        return origins.load(text, conduct)
    hosts, servers, seed = _generate_values(text)
    return origins.generate(hosts, servers, seed, conduct)


def _generate_values(text: str) -> tuple[int, int, int]:
    """Return hosts, servers and seed of ``generate:hosts=20,servers=200,seed=1``.

    What is left out has its default.

    >>> _generate_values("generate:hosts=3")
    (3, 200, 1)
    """
    values = {"hosts": 20, "servers": 200, "seed": 1}
    given: set[str] = set()
    for part in filter(None, text.removeprefix(GENERATE).split(",")):
        name, _, number = part.partition("=")
        if name not in values.keys() - given or not number.isdecimal():
            expected = "hosts=N, servers=N or seed=N once, with a whole number"
            raise ValueError(f"--cloud {text}: expected {expected}, found '{part}'")
        values[name] = int(number)
        given.add(name)
    return values["hosts"], values["servers"], values["seed"]


@contextlib.contextmanager
def _place(options: argparse.Namespace) -> Iterator[Place]:
    """Yield the place of the process; nothing is created if it cannot be used."""
    named = _named(options.config_file)
    host = named.host if options.host is None else options.host
    port = _free_port(host, named.port if options.port is None else options.port)
    with contextlib.ExitStack() as stack:
        state = options.state_dir or pathlib.Path("watcher-standalone")
        if options.state_dir is None and options.demo:
            made = tempfile.TemporaryDirectory(prefix="watcher-demo-")
            state = pathlib.Path(stack.enter_context(made))
        configuration.check_path(state.absolute())
        state = stack.enter_context(folder.claimed(state))
        yield Place(state, host, port, named.enable_ssl_api)


def _named(files: Sequence[pathlib.Path]) -> cfg.ConfigOpts.GroupAttr:
    """Return what the files say about the API; the simulated cloud lists its address already.

    :raises cfg.Error: when a file cannot be understood.
    """
    conf = cfg.ConfigOpts()
    api_options.register_opts(conf)
    conf([], default_config_files=[str(path) for path in files])
    named: cfg.ConfigOpts.GroupAttr = conf.api
    return named


def _free_port(host: str, port: int) -> int:
    """Return the port, or any free one for 0, before anything is started that needs it.

    :raises ValueError: when the API could not listen there.
    """
    try:
        listening.check_is_free(host, port, REMEDY)
        return port or listening.free_port(host)
    except OSError as error:
        raise ValueError(f"--host {host} --port {port}: {error.strerror}") from error


def _check_files(paths: Sequence[pathlib.Path]) -> None:
    for path in paths:
        if not path.is_file():
            raise ValueError(f"--config-file {path}: there is no such file")


def _run(
    options: argparse.Namespace,
    place: Place,
    cloud: Cloud | None,
    view: View,
    interrupted: Interruption,
) -> int:
    with process.simulated(cloud, place) as simulator:
        auth_url = simulator.auth_url() if simulator else None
        with process.services(place, auth_url, options.config_file, between=interrupted.check):
            view.line(f"API, decision engine and applier run; the API is at {place.api_url}")
            if auth_url:
                openrc = configuration.write_openrc(place, auth_url)
            if options.demo and simulator:
                demo.run(_clouds(place, simulator), view, interrupted.check)
                return 0
            if auth_url:
                use = f". {shlex.quote(str(openrc))}"
                view.line(f"simulated cloud: Keystone at {auth_url}; credentials: {use}")
            view.line("Ctrl-C stops everything")
            interrupted.wait()
    raise AskedToEnd


def _clouds(place: Place, simulator: SimulatorServer) -> demo.Clouds:
    found = token(simulator.auth_url(), "admin", PASSWORD, "admin")
    watcher = {"X-Auth-Token": found, "OpenStack-API-Version": "infra-optim 1.7"}
    nova = {"X-Auth-Token": found, "OpenStack-API-Version": "compute 2.79"}
    return demo.Clouds(
        DemoClient(place.api_url, watcher), DemoClient(f"{simulator.url()}/compute/v2.1", nova)
    )

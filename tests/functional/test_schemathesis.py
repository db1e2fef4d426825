# SPDX-License-Identifier: Apache-2.0
"""schemathesis, stateful, from our own OpenAPI documents, against the real processes.

Whatever it sends at any microversion: no 5xx, no answer after 20 s, each error of the published
shape, and afterwards all daemons work as if nothing had happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
from collections.abc import Iterator

import pytest

from tests.functional.conftest import make_database, need
from tests.functional.deployment import BIN, Deployment, wait_for
from watcher.api import openapi
from watcher.api.microversion import SUPPORTED

HOOKS = pathlib.Path(__file__).with_name("schemathesis_hooks.py")
CHECKS = "not_a_server_error,published_errors"
#: Seconds for each half of the phases of a microversion; WATCHER_FUZZ_S makes a long run of it.
BUDGET_S = int(os.environ.get("WATCHER_FUZZ_S", "12"))
SLOWEST_S = 20


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One deployment for all microversions: what one leaves behind is there for the next."""
    with contextlib.contextmanager(make_database)("mysql") as database:
        found = Deployment(tmp_path_factory.mktemp("fuzz"), database, need("rabbit"))
        found.authentication = False
        try:
            found.start()
            found.wait_until_active()
            _seed(found)
            yield found
        finally:
            found.stop()


def _seed(running: Deployment) -> None:
    """Make a row of each kind, so that links between calls lead somewhere."""
    running.wait_until_engine_answers()
    preset = {"name": "seed", "goal": "dummy", "strategy": "dummy"}
    running.post("/v1/audit_templates", preset)
    running.create_audit(audit_type="EVENT", name="seed")
    audit = running.create_audit()
    running.wait_state("audits", audit["uuid"], "SUCCEEDED")
    assert running.plans(audit["uuid"])


@pytest.mark.parametrize("phases", ["examples,coverage,fuzzing", "stateful"])
@pytest.mark.parametrize("version", SUPPORTED, ids=str)
def test_no_call_breaks_the_service(running: Deployment, version, phases: str) -> None:
    folder = running.folder / f"{phases}-{version}"
    folder.mkdir()
    document = folder / "openapi.json"
    document.write_text(json.dumps(openapi.document(version)))
    done = subprocess.run(
        [
            BIN / "st", "run", document, "--url", running.api_url,
            "--header", "X-Roles: admin",
            "--header", f"OpenStack-API-Version: infra-optim {version}",
            "--checks", CHECKS, "--phases", phases,
            "--max-time", str(BUDGET_S), "--max-response-time", str(SLOWEST_S),
            "--request-timeout", "60", "--warnings", "off", "--no-color", "--no-shrink",
            "--continue-on-failure", "--generation-database", "none",
        ],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        capture_output=True,
        text=True,
        timeout=BUDGET_S + 400,
    )  # fmt: skip
    print(done.stdout[-3000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-3000:]
    for daemon in ("watcher-api", "watcher-decision-engine", "watcher-applier"):
        assert running.alive(daemon)


def test_all_daemons_work_afterwards(running: Deployment) -> None:
    running.wait_until_active()
    for plural in ("audits", "audit_templates", "action_plans", "actions"):
        for suffix in ("", "/detail"):
            assert plural in running.get(f"/v1/{plural}{suffix}")
    audit = running.create_audit(force=True)
    assert running.wait_state("audits", audit["uuid"], "SUCCEEDED", "FAILED", timeout_s=300)[
        "state"
    ] == ("SUCCEEDED")
    plan = running.plans(audit["uuid"])[0]["uuid"]
    running.post(f"/v1/action_plans/{plan}/start")
    running.wait_state("action_plans", plan, "SUCCEEDED", timeout_s=300)
    wait_for("the engines answer", lambda: running.request("GET", "/v1/data_model")[0] == 200)
    for daemon in ("watcher-api", "watcher-decision-engine", "watcher-applier"):
        assert "Traceback" not in running.log(daemon)

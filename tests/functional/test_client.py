# SPDX-License-Identifier: Apache-2.0
"""Every command of python-watcherclient against our daemons, and what the dashboard asks for.

One deployment with a simulated cloud and real tokens. What a command prints is compared, label by
label, with what the API answers to a plain request: the client must find each field it reads.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract import spec
from tests.functional.conftest import make_database, need
from tests.functional.deployment import Deployment

USAGE = spec.load("client-usage.json")
FIELDS = USAGE["cli"]["response_fields_by_resource"]
COMMANDS = set(USAGE["cli"]["commands"])
NOP = [{"action_type": "nop", "input_parameters": {"message": "hi"}}]


@dataclasses.dataclass
class Shell:
    """Runs commands, and remembers which."""

    deployment: Deployment
    programs: subprocess.Popen[str]
    audit: dict[str, Any] = dataclasses.field(default_factory=dict)
    used: set[str] = dataclasses.field(default_factory=set)

    def __call__(self, command: str, *arguments: str) -> Any:
        """Run ``openstack optimize <command>`` and return what it prints, read from JSON."""
        self.used.add(f"optimize {command}")
        shown = () if command.endswith("delete") else ("-f", "json")
        done = self.run("openstack", "optimize", *command.split(), *arguments, *shown)
        assert done["returncode"] == 0, (command, arguments, done)
        return json.loads(done["stdout"]) if shown else done["stdout"]

    def run(self, program: str, *arguments: str) -> dict[str, Any]:
        """Run a command of a client program."""
        print(json.dumps({"program": program, "arguments": arguments}), file=self.programs.stdin)
        return dict(json.loads(self.programs.stdout.readline()))

    def refused(self, program: str, *arguments: str) -> str:
        """Run a command that must fail; return what it says."""
        done = self.run(program, *arguments)
        assert done["returncode"] != 0, done
        assert "Traceback" not in done["stderr"]
        return str(done["stderr"])

    def new_plan(self) -> str:
        """Make a recommended plan with one action; return its uuid."""
        audit = self.deployment.create_audit(
            goal="unclassified", strategy="actuator", parameters={"actions": NOP}
        )
        self.deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
        (plan,) = self.deployment.plans(audit["uuid"])
        uuid: str = plan["uuid"]
        return uuid


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    rabbit = need("rabbit")
    for database in make_database("mysql"):
        found = Deployment(tmp_path_factory.mktemp("client"), database, rabbit)
        try:
            found.start().wait_until_active()
            found.wait_until_engine_answers()
            audit = found.create_audit(name="asked", parameters={"para1": 1.0, "para2": "hi"})
            audit = found.wait_state("audits", audit["uuid"], "SUCCEEDED")
            with subprocess.Popen(
                [sys.executable, pathlib.Path(__file__).with_name("client_shell.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                bufsize=1,
                env=found.client_environment(),
            ) as programs:
                yield Shell(found, programs, audit)
        finally:
            found.stop()


def labelled(kind: str, document: dict[str, Any], *, short: bool = False) -> dict[str, Any]:
    """Return what the client prints for a document of the API."""
    name = f"{kind}_SHORT_LIST" if short else kind
    names, labels = FIELDS[f"{name}_FIELDS"], FIELDS[f"{name}_FIELD_LABELS"]
    shown = {label: document.get(name) for name, label in zip(names, labels, strict=True)}
    if kind in ("AUDIT", "AUDIT_TEMPLATE"):
        shown["Strategy"] = shown["Strategy"] or "auto"
    return {label: "" if value is None else value for label, value in shown.items()}


def plain(printed: dict[str, Any]) -> dict[str, Any]:
    """Return what was printed, with nothing written as an empty text in both."""
    return {label: "" if value is None else value for label, value in printed.items()}


READ = [
    ("goal", "goals", "GOAL", "dummy"),
    ("strategy", "strategies", "STRATEGY", "dummy"),
    ("scoringengine", "scoring_engines", "SCORING_ENGINE", "dummy_scorer"),
    ("service", "services", "SERVICE", "watcher-applier"),
]


@pytest.mark.parametrize(("noun", "plural", "kind", "name"), READ, ids=[row[0] for row in READ])
def test_catalogues_are_listed_and_shown(
    shell: Shell, noun: str, plural: str, kind: str, name: str
) -> None:
    moving = {"Last seen up", "Parameters spec"}
    listed = shell(f"{noun} list")
    documents = shell.deployment.get(f"/v1/{plural}")[plural]
    assert [plain(row) for row in listed] == [labelled(kind, d, short=True) for d in documents]
    shown = plain(shell(f"{noun} show", name))
    wanted = labelled(kind, shell.deployment.get(f"/v1/{plural}/{name}"))
    assert shown.keys() == wanted.keys()
    assert {k: v for k, v in shown.items() if k not in moving} == {
        k: v for k, v in wanted.items() if k not in moving
    }


def test_lists_are_cut_sorted_and_continued(shell: Shell) -> None:
    names = [row["Name"] for row in shell("goal list", "--sort-key", "name", "--sort-dir", "desc")]
    assert names == sorted(names, reverse=True)
    first = shell("strategy list", "--sort-key", "Goal", "--limit", "3", "--detail")
    everything = shell.deployment.get("/v1/strategies/detail?sort_key=goal_name")["strategies"]
    assert [row["UUID"] for row in first] == [row["uuid"] for row in everything[:3]]
    rest = shell(
        "strategy list", "--sort-key", "goal_name", "--marker", first[-1]["UUID"], "--limit", "0"
    )
    assert [row["UUID"] for row in rest] == [row["uuid"] for row in everything[3:]]
    assert {row["Goal"] for row in shell("strategy list", "--goal", "dummy")} == {"dummy"}


def test_the_state_of_a_strategy(shell: Shell) -> None:
    rows = shell("strategy state", "dummy")
    assert [row["Type"] for row in rows] == ["Datasource", "Metrics", "CDM", "Name"]
    assert [set(row) for row in rows] == [set(FIELDS["STRATEGY_STATE_FIELD_LABELS"])] * 4
    assert "compute_model" in rows[2]["State"]


def test_the_life_of_an_audit_template(shell: Shell, tmp_path) -> None:
    scope = tmp_path / "scope.json"
    scope.write_text('[{"compute": [{"exclude": [{"compute_nodes": [{"name": "h"}]}]}]}]')
    made = shell(
        "audittemplate create", "preset", "dummy", "-s", "dummy", "-d", "words",
        "--scope", str(scope), "-p", "para1=2.0",
    )  # fmt: skip
    assert (made["Goal"], made["Strategy"], made["Description"]) == ("dummy", "dummy", "words")
    assert made["Audit Scope"] == json.loads(scope.read_text())
    assert made["Default Parameters"] == {"para1": 2.0}
    document = shell.deployment.get("/v1/audit_templates/preset")
    assert plain(shell("audittemplate show", "preset")) == labelled("AUDIT_TEMPLATE", document)
    listed = shell("audittemplate list", "--goal", "dummy", "--strategy", "dummy")
    assert [plain(row) for row in listed] == [labelled("AUDIT_TEMPLATE", document, short=True)]
    changed = shell("audittemplate update", "preset", "replace", "description=other")
    assert changed["Description"] == "other"
    assert shell("audit create", "-a", "preset", "-t", "EVENT")["Parameters"]["para1"] == 2.0
    shell("audittemplate delete", made["UUID"])
    assert "could not be found" in shell.refused(
        "openstack", "optimize", "audittemplate", "show", "preset"
    )


def test_the_life_of_an_audit(shell: Shell) -> None:
    made = shell(
        "audit create", "-g", "dummy", "-s", "dummy", "-t", "CONTINUOUS", "-i", "0 0 1 1 *",
        "--name", "yearly", "-p", "para1=3", "-p", "para2=hi", "--force",
        "--start-time", "2099-01-01 00:00:00", "--end-time", "2099-01-02 00:00:00",
    )  # fmt: skip
    assert (made["Name"], made["State"], made["Audit Type"]) == ("yearly", "PENDING", "CONTINUOUS")
    assert (made["Interval"], made["Force"]) == ("0 0 1 1 *", True)
    assert made["Parameters"] == {"para1": 3, "para2": "hi"}
    assert made["Start Time"].startswith("20")
    shown = shell("audit show", "yearly")
    assert plain(shown) == labelled("AUDIT", shell.deployment.get("/v1/audits/yearly"))
    changed = shell("audit update", "yearly", "replace", "interval=60", "force=false")
    assert (changed["Interval"], changed["Force"]) == ("60", False)
    assert shell("audit update", made["UUID"], "replace", "state=CANCELLED")["State"] == "CANCELLED"
    listed = shell("audit list", "--goal", "dummy", "--strategy", "dummy", "--sort-key", "name")
    documents = shell.deployment.get("/v1/audits?goal=dummy&strategy=dummy&sort_key=name")["audits"]
    assert [plain(row) for row in listed] == [labelled("AUDIT", d, short=True) for d in documents]
    shell("audit delete", "yearly")
    said = shell.refused("openstack", "optimize", "audit", "show", "yearly")
    assert "Audit yearly could not be found" in said


def test_an_audit_that_ran_once_may_get_an_interval_and_times(shell: Shell) -> None:
    made = shell("audit create", "-g", "dummy", "-s", "dummy", "--name", "late")
    changed = shell("audit update", made["UUID"], "add", "interval=2")
    assert (changed["Interval"], changed["Audit Type"]) == ("2", "ONESHOT")
    for option, label in (("start_time", "Start Time"), ("end_time", "End Time")):
        changed = shell("audit update", made["UUID"], "replace", f"{option}=2035-01-02T03:04:05")
        assert changed[label] == "2035-01-02T03:04:05"
    assert shell("audit update", made["UUID"].upper(), "remove", "interval")["Interval"] is None


def test_the_life_of_an_action_plan(shell: Shell) -> None:
    (listed,) = shell("actionplan list", "--audit", shell.audit["uuid"])
    uuid = listed["UUID"]
    document = shell.deployment.get(f"/v1/action_plans/{uuid}")
    assert plain(listed) == labelled("ACTION_PLAN", document, short=True)
    assert plain(shell("actionplan show", uuid)) == labelled("ACTION_PLAN", document)
    assert shell("actionplan start", uuid)["State"] == "PENDING"
    shell.deployment.wait_state("action_plans", uuid, "SUCCEEDED")
    (again,) = shell("actionplan list", "--audit", shell.audit["uuid"], "--detail")
    assert again["State"] == "SUCCEEDED"
    assert again["Hostname"] == "test-host"
    shell("actionplan delete", uuid)
    assert shell("actionplan list", "--audit", shell.audit["uuid"]) == []


def test_plans_are_cancelled_and_updated(shell: Shell) -> None:
    assert shell("actionplan cancel", shell.new_plan())["State"] == "CANCELLED"
    changed = shell("actionplan update", shell.new_plan(), "replace", "state=CANCELLED")
    assert changed["State"] == "CANCELLED"


def test_the_life_of_an_action(shell: Shell) -> None:
    plan = shell.new_plan()
    (listed,) = shell("action list", "--action-plan", plan)
    document = shell.deployment.get(f"/v1/actions/{listed['UUID']}")
    assert plain(listed) == labelled("ACTION", document, short=True)
    shown = shell("action show", listed["UUID"])
    assert plain(shown) == labelled("ACTION", document)
    assert (shown["Parameters"], shown["Action"]) == ({"message": "hi"}, "nop")
    skipped = shell("action update", listed["UUID"], "--state", "SKIPPED", "--reason", "why not")
    assert skipped["State"] == "SKIPPED"
    assert skipped["Status Message"] == "Action skipped by user. Reason: why not"
    said = shell.refused(
        "openstack", "optimize", "action", "update", listed["UUID"], "--state", "PENDING"
    )
    assert "(HTTP 409)" in said


def test_the_data_model(shell: Shell) -> None:
    rows = shell("datamodel list", "--type", "compute", "--detail")
    labels = FIELDS["COMPUTE_MODEL_LIST_FIELD_LABELS"]
    assert {tuple(row) for row in rows} == {tuple(labels)}
    found = shell.deployment.get("/v1/data_model?data_model_type=compute")["context"]
    names = FIELDS["COMPUTE_MODEL_LIST_FIELDS"]
    assert [list(row.values()) for row in rows] == [[d.get(name) for name in names] for d in found]
    assert len([row for row in rows if row["Server_UUID"]]) == 16
    assert len(shell("datamodel list", "--audit", shell.audit["uuid"])) == len(rows)


REFUSED = [
    ("audit create -g nope", "nope could not be found", 404),
    ("audit create -g dummy -i 60", "interval", 400),
    ("audit create -g dummy -t EVENT --name asked", "asked", 409),
    ("audit create -g dummy -s dummy -p para1=99", "para1", 400),
    ("audit delete nope", "nope could not be found", 404),
    ("audit update asked replace state=PENDING", "State transition not allowed", 400),
    ("actionplan start 00000000-0000-4000-8000-00000000dead", "dead could not be found", 404),
    ("goal show nope", "nope could not be found", None),
    ("audit list --marker 00000000-0000-4000-8000-00000000dead", "dead could not be found", None),
]


@pytest.mark.parametrize(("command", "words", "status"), REFUSED, ids=[row[0] for row in REFUSED])
def test_users_are_told_why_a_command_failed(
    shell: Shell, command: str, words: str, status: int | None
) -> None:
    said = shell.refused("openstack", "optimize", *command.split())
    assert words in said
    assert "faultstring" not in said
    assert status is None or f"(HTTP {status})" in said


def test_the_standalone_client_speaks_to_us_too(shell: Shell) -> None:
    done = shell.deployment.run_client("watcher", "audit", "show", "asked", "-f", "json")
    assert done.returncode == 0, done.stderr
    document = shell.deployment.get("/v1/audits/asked")
    assert plain(json.loads(done.stdout)) == labelled("AUDIT", document)
    done = shell.deployment.run_client("watcher", "service", "list")
    assert "watcher-decision-engine" in done.stdout
    assert "nope could not be found" in shell.refused("watcher", "strategy", "show", "nope")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.4", "1.5"])
def test_older_versions_show_their_fields_only(shell: Shell, version: str) -> None:
    done = shell.run(
        "watcher", "--os-infra-optim-api-version", version, "audit", "show", "asked", "-f", "json"
    )
    assert done["returncode"] == 0, done
    shown = json.loads(done["stdout"])
    assert ("Start Time" in shown) == (version >= "1.1")
    assert ("Status Message" in shown) == (version >= "1.5")


class TestDashboard:
    """What the Horizon plugin asks for, with the attributes that its pages read."""

    DASHBOARD = USAGE["dashboard"]
    PAGES = {
        "audits": "Audit",
        "audit_templates": "AuditTemplate",
        "action_plans": "ActionPlan",
        "actions": "Action",
        "goals": "Goal",
        "strategies": "Strategy",
    }
    # Declared by the plugin, but in no answer of the reference either.
    ABSENT = frozenset(
        {"modified_at", "audit_template_uuid", "audit_template_name", "next_uuid", "applies_to",
         "src", "dst", "parameter"}
    )  # fmt: skip

    def test_the_highest_version_is_found_at_the_root(self, shell: Shell) -> None:
        document = shell.deployment.get("/")
        assert document["versions"][0]["max_version"] == "1.7"
        assert document["default_version"]["max_version"] == "1.7"

    @pytest.mark.parametrize("plural", PAGES)
    def test_each_page_has_its_attributes(self, shell: Shell, plural: str) -> None:
        if plural in ("action_plans", "actions"):
            shell.new_plan()
        elif plural == "audit_templates":
            self._template(shell)
        version = {"OpenStack-API-Version": "infra-optim 1.5"}
        status, found = shell.deployment.request("GET", f"/v1/{plural}/detail", **version)
        assert status == 200
        wanted = set(self.DASHBOARD["attributes_declared"][self.PAGES[plural]]) - self.ABSENT
        if plural == "strategies":  # published without
            wanted -= {"created_at", "updated_at", "deleted_at"}
        for row in found[plural]:
            assert wanted <= set(row)
            _, item = shell.deployment.request("GET", f"/v1/{plural}/{row['uuid']}", **version)
            assert item == row

    def test_each_filter_of_a_table_narrows_it(self, shell: Shell) -> None:
        plan = shell.deployment.get(f"/v1/action_plans/{shell.new_plan()}")
        goal = shell.deployment.get("/v1/goals/unclassified")
        strategy = shell.deployment.get("/v1/strategies/actuator")
        for address, key, value in (
            (f"audits/detail?goal={goal['uuid']}", "goal_uuid", goal["uuid"]),
            (f"audits/detail?strategy={strategy['uuid']}", "strategy_uuid", strategy["uuid"]),
            ("strategies/detail?goal=unclassified", "goal_name", "unclassified"),
            (
                f"action_plans/detail?audit_uuid={plan['audit_uuid']}",
                "audit_uuid",
                plan["audit_uuid"],
            ),
            (
                f"actions/detail?action_plan_uuid={plan['uuid']}",
                "action_plan_uuid",
                plan["uuid"],
            ),
        ):
            (rows,) = shell.deployment.get(f"/v1/{address}").values()
            assert {row[key] for row in rows} == {value}, address

    def test_everything_it_changes(self, shell: Shell) -> None:
        deployment = shell.deployment
        template = self._template(shell)
        body = {
            "audit_template_uuid": template["uuid"], "audit_type": "CONTINUOUS",
            "auto_trigger": False, "name": "from the dashboard", "interval": "3600",
            "parameters": {}, "start_time": "2099-01-01T00:00:00", "end_time": None,
        }  # fmt: skip
        version = {"OpenStack-API-Version": "infra-optim 1.1"}
        status, audit = deployment.request("POST", "/v1/audits", body, **version)
        assert (status, audit["goal_name"]) == (201, "dummy")
        address = f"/v1/audits/{audit['uuid']}"
        cancelled = [{"op": "replace", "path": "/state", "value": "CANCELLED"}]
        status, changed = deployment.request("PATCH", address, cancelled)
        assert (status, changed["state"]) == (200, "CANCELLED")
        assert deployment.request("DELETE", address)[0] == 204
        assert deployment.request("DELETE", f"/v1/audit_templates/{template['uuid']}")[0] == 204
        plan = shell.new_plan()
        (action,) = deployment.actions(plan)
        skip = [
            {"op": "replace", "path": "/state", "value": "SKIPPED"},
            {"op": "replace", "path": "/status_message", "value": "not today"},
        ]
        version = {"OpenStack-API-Version": "infra-optim 1.5"}
        status, changed = deployment.request(
            "PATCH", f"/v1/actions/{action['uuid']}", skip, **version
        )
        assert (status, changed["state"]) == (200, "SKIPPED")
        assert deployment.post(f"/v1/action_plans/{plan}/start", {})["state"] == "PENDING"
        deployment.wait_state("action_plans", plan, "SUCCEEDED")
        assert deployment.request("DELETE", f"/v1/action_plans/{plan}")[0] == 204

    @staticmethod
    def _template(shell: Shell) -> dict[str, Any]:
        body = {"name": "of the dashboard", "goal": "dummy", "strategy": "dummy"}
        status, found = shell.deployment.request("GET", "/v1/audit_templates/of%20the%20dashboard")
        if status == 200:
            return dict(found)
        return dict(
            shell.deployment.post("/v1/audit_templates", {**body, "description": "d", "scope": []})
        )


def test_no_command_was_left_out(shell: Shell) -> None:
    assert shell.used == COMMANDS

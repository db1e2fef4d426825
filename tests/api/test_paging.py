# SPDX-License-Identifier: Apache-2.0
"""Walking the next links gives the whole list, whatever it is sorted and filtered by.

Random rows, with many equal values, nulls (also where today's code writes none, as rows of older
releases have them) and deleted rows, also among the related ones.
"""

from __future__ import annotations

import datetime
import random
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy

from tests import properties
from tests.api.conftest import DATABASE, Client
from watcher.api.controller import ROUTES
from watcher.api.resource import Resource
from watcher.db import models, repository
from watcher.db import session as db

RESOURCES: dict[str, Resource] = {
    route.resource.plural: route.resource for route in ROUTES if route.resource is not None
}
ROWS = 23
TEXTS = ["a", "B", "b", "ä", "a b", "", "a_b", "10", "9"]
DAYS = [datetime.datetime(2026, 1, day, 12, 0, 0, micro) for day in (1, 2) for micro in (0, 500)]
#: MariaDB sorts by the first 1024 bytes of a text, and compares all of them.
LONG = "x" * 1100
DOCUMENTS = {
    dict: ["{}", '{"a": 1}', '{"a":2}', *(f'{{"{LONG}": {n}}}' for n in range(4))],
    list: ["[]", '["x"]', '[{"b":1}]', *(f'["{LONG}", {n}]' for n in range(4))],
}


def _value(column: Any, number: int, rng: random.Random) -> Any:
    if column.name in ("uuid", "name") and (column.unique or column.name == "uuid"):
        return f"{rng.getrandbits(32):08x}-0000-4000-8000-{number:012x}"
    if column.nullable and rng.random() < 0.3:
        return None
    if column.foreign_keys:
        return rng.randrange(1, 4)
    kind = getattr(column.type, "kind", None)
    if kind:
        return rng.choice(DOCUMENTS[kind])
    if isinstance(getattr(column.type, "impl", column.type), sqlalchemy.DateTime):
        return rng.choice(DAYS)
    if isinstance(getattr(column.type, "impl", column.type), sqlalchemy.Boolean):
        return rng.random() < 0.5
    return rng.choice(TEXTS)


def _written(value: Any) -> Any:
    """Return what SQLite keeps of a value; the drivers of the others know what to do."""
    is_moment = isinstance(value, datetime.datetime) and DATABASE.startswith("sqlite")
    return value.isoformat(" ", "microseconds") if is_moment else value


def _fill(model: Any, rng: random.Random) -> None:
    """Insert rows past the model, as another release would have written them."""
    table = sqlalchemy.table(
        model.__tablename__, *(sqlalchemy.column(c.name) for c in model.__table__.columns)
    )
    rows = []
    for number in range(1, ROWS + 1):
        row = {c.name: _value(c, number, rng) for c in model.__table__.columns}
        if "name" in row and row["name"] is not None:
            row["name"] = f"{rng.choice(TEXTS)}{number}"
        gone = rng.random() < 0.3
        row |= {"id": number, "deleted": number if gone else 0}
        row["deleted_at"] = DAYS[0] if gone else None
        rows.append({name: _written(value) for name, value in row.items()})
    with db.write() as unit:
        unit.execute(table.insert(), rows)


@pytest.fixture
def store(client: Client) -> Client:
    """Every table full of random rows."""
    rng = random.Random(20261121)
    for model in (
        models.Goal, models.Strategy, models.AuditTemplate, models.Audit, models.ActionPlan,
        models.Action, models.ScoringEngine, models.Service,
    ):  # fmt: skip
        _fill(model, rng)
    return client


def walk(client: Client, address: str, **headers: str) -> Iterator[dict[str, Any]]:
    """Yield the pages of a list."""
    for _ in range(2 * ROWS):
        page = client.get(address, **headers)
        yield page
        address = page.get("next", "").removeprefix("http://localhost")
        if not address:
            return
    raise AssertionError(f"the pages of {address} have no end")


def keys(resource: Resource, pages: Iterator[dict[str, Any]]) -> list[Any]:
    return [row[resource.key] for page in pages for row in page[resource.plural]]


def _filters(resource: Resource, client: Client) -> list[str]:
    """Return a query for each filter of a resource, with a value that some rows have."""
    found = [""]
    for name, declared in resource.filters.items():
        table = {"goal": "goals", "strategy": "strategies"}.get(name)
        table = table or {"audit_uuid": "audits", "action_plan_uuid": "action_plans"}[name]
        row = client.get(f"/v1/{table}?limit=2", X_Show_Deleted="1")[table][1]
        found.append(f"&{name}={row['uuid']}")
        if declared.reference:
            found.append(f"&{name}={urllib.parse.quote(row['name'])}")
    return found


DIRECTIONS = ("asc", "desc")
SHOWN = {"deleted too": {"X_Show_Deleted": "1"}, "living": {}}


@pytest.mark.parametrize("headers", SHOWN.values(), ids=SHOWN.keys())
@pytest.mark.parametrize("plural", RESOURCES)
def test_all_pages_together_are_the_list(
    store: Client, plural: str, headers: dict[str, str]
) -> None:
    resource = RESOURCES[plural]
    for number, key in enumerate(resource.sort_paths):
        # The sample: one direction of each key with the deleted rows, the other without them.
        one = DIRECTIONS[(number + len(headers)) % 2]
        for direction in DIRECTIONS if properties.FULL else (one,):
            address = f"/v1/{plural}?sort_key={key}&sort_dir={direction}"
            whole = keys(resource, walk(store, address, **headers))
            assert len(whole) == len(set(whole)) > 0, address
            paged = keys(resource, walk(store, f"{address}&limit=6", **headers))
            assert paged == whole, address


@pytest.mark.parametrize("plural", [name for name, each in RESOURCES.items() if each.filters])
@pytest.mark.parametrize("detail", ["", "/detail"])
def test_all_pages_of_a_filtered_list_are_that_list(
    store: Client, plural: str, detail: str
) -> None:
    resource = RESOURCES[plural]
    everything = keys(resource, walk(store, f"/v1/{plural}?limit=1000"))
    found: set[Any] = set()
    for query in _filters(resource, store):
        for key in [name for name, path in resource.sort_paths.items() if "." in path] or ["id"]:
            address = f"/v1/{plural}{detail}?sort_key={key}&sort_dir=desc{query}"
            whole = keys(resource, walk(store, address))
            assert keys(resource, walk(store, f"{address}&limit=2")) == whole, address
            assert set(whole) <= set(everything)
            assert not query or len(whole) < len(everything), address
            found |= set(whole) if query else set()
    assert found


ORDERED = [
    ("strategies", "goal_name"),
    ("strategies", "goal_uuid"),
    ("audit_templates", "strategy_name"),
    ("audits", "goal_name"),
    ("audits", "strategy_uuid"),
    ("audits", "next_run_time"),
    ("action_plans", "strategy_name"),
    ("actions", "action_plan_uuid"),
]


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize(("plural", "key"), ORDERED, ids=" ".join)
def test_what_is_sorted_by_is_in_order_nulls_lowest_and_ties_by_age(
    store: Client, plural: str, key: str, direction: str
) -> None:
    resource = RESOURCES[plural]
    address = f"/v1/{plural}?sort_dir={direction}&limit=4"
    ages = {uuid: age for age, uuid in enumerate(keys(resource, walk(store, f"/v1/{plural}")))}
    rows = [row for page in walk(store, f"{address}&sort_key={key}") for row in page[plural]]
    order = [(row[key] is not None, row[key] or "", ages[row["uuid"]]) for row in rows]
    assert order == sorted(order, reverse=direction == "desc")


def test_deleted_rows_are_pages_of_their_own_list_only(store: Client) -> None:
    living = keys(RESOURCES["audits"], walk(store, "/v1/audits"))
    shown = keys(RESOURCES["audits"], walk(store, "/v1/audits", X_Show_Deleted="no"))
    (gone, *_) = set(shown) - set(living)
    assert store("GET", f"/v1/audits?marker={gone}").status_int == 404
    assert store("GET", f"/v1/audits?marker={gone}", X_Show_Deleted="1").status_int == 200


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_rows_that_stay_are_found_once_while_others_come_and_go(
    store: Client, direction: str
) -> None:
    rng = random.Random(7)
    resource = RESOURCES["audits"]
    for number, key in enumerate(resource.sort_paths):
        address = f"/v1/audits?limit=3&sort_key={key}&sort_dir={direction}"
        before = keys(resource, walk(store, address))
        found: list[str] = []
        gone: set[str] = set()
        for turn, page in enumerate(walk(store, address)):
            found += [row["uuid"] for row in page["audits"]]
            leaving = rng.choice([uuid for uuid in before if uuid not in {found[-1], *gone}])
            gone.add(leaving)
            with db.write() as unit:
                # PostgreSQL would take ids that _fill has used.
                values = {"id": 100 * number + turn + 100, "name": f"{key} {turn}", "state": "b"}
                values |= {"goal_id": rng.randrange(1, 4)}
                new = f"{rng.getrandbits(32):08x}-{turn:04x}-4000-8000-{number:012x}"
                repository.create(
                    unit, models.Audit, {**values, "uuid": new, "audit_type": "EVENT"}
                )
                repository.soft_delete(unit, models.Audit, leaving)
        stay = [uuid for uuid in before if uuid not in gone]
        assert stay
        assert [uuid for uuid in found if uuid in stay] == stay, address
        assert len(found) == len(set(found)), address

# SPDX-License-Identifier: Apache-2.0
"""Pages, order and filters."""

from __future__ import annotations

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.db import models


@pytest.fixture
def templates(client: Client, catalogue: Catalogue, rows) -> Client:
    """Six templates whose goals alternate; half of them have a strategy."""
    for number in range(6):
        goal, strategy = (
            (catalogue.goal, catalogue.strategy) if number % 2 else (catalogue.other_goal, None)
        )
        rows(
            models.AuditTemplate,
            name=f"t{number}",
            goal_id=goal.id,
            strategy_id=strategy.id if strategy else None,
        )
    return client


def names(document: dict) -> list[str]:
    return [row["name"] for row in document["audit_templates"]]


def pages(client: Client, address: str) -> list[str]:
    """Follow the next links to the end."""
    found: list[str] = []
    while address:
        document = client.get(address)
        found += names(document)
        address = document.get("next", "").removeprefix("http://localhost")
    return found


def test_a_page_that_is_full_has_a_next_link(templates: Client) -> None:
    document = templates.get("/v1/audit_templates?limit=2")
    last = document["audit_templates"][-1]["uuid"]
    assert document["next"] == (
        f"http://localhost/v1/audit_templates?sort_key=id&sort_dir=asc&limit=2&marker={last}"
    )


def test_a_page_that_is_not_full_has_no_next_link(templates: Client) -> None:
    assert "next" not in templates.get("/v1/audit_templates?limit=7")


def test_the_next_link_keeps_the_filters(templates: Client) -> None:
    assert pages(templates, "/v1/audit_templates?goal=dummy&limit=1") == ["t1", "t3", "t5"]


def test_the_next_link_of_a_full_list_stays_full(templates: Client) -> None:
    document = templates.get("/v1/audit_templates/detail?limit=1")
    assert document["next"].startswith("http://localhost/v1/audit_templates/detail?")


@pytest.mark.parametrize(
    "key", ["goal_name", "strategy_name", "goal_uuid", "strategy_uuid", "name"]
)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_together_are_the_whole_list_in_order(
    templates: Client, key: str, direction: str
) -> None:
    query = f"/v1/audit_templates?sort_key={key}&sort_dir={direction}"
    whole = templates.get(query)["audit_templates"]
    assert pages(templates, f"{query}&limit=1") == names({"audit_templates": whole})
    values = [row[key] or "" for row in whole]
    assert values == sorted(values, reverse=direction == "desc")


def test_next_to_a_goal_a_strategy_means_any_row_of_a_goal_that_has_it(templates: Client) -> None:
    """Published; the templates of the goal "unclassified" have no strategy."""
    goal_only = templates.get("/v1/audit_templates?goal=unclassified")
    strategies = templates.get("/v1/strategies?goal=unclassified")["strategies"]
    for text in (strategies[0]["uuid"], strategies[0]["name"]):
        address = f"/v1/audit_templates?goal=unclassified&strategy={text}"
        assert names(templates.get(address)) == names(goal_only) == ["t0", "t2", "t4"]
        assert pages(templates, f"{address}&limit=1") == ["t0", "t2", "t4"]
        assert names(templates.get(f"/v1/audit_templates?strategy={text}")) == []


def test_a_strategy_of_another_goal_finds_nothing(templates: Client) -> None:
    both = templates.get("/v1/audit_templates?goal=unclassified&strategy=dummy")
    assert names(both) == []


def test_an_unknown_filter_value_finds_nothing(templates: Client) -> None:
    assert names(templates.get("/v1/audit_templates?goal=nope")) == []


def test_an_empty_filter_is_ignored(templates: Client) -> None:
    assert len(names(templates.get("/v1/audit_templates?goal="))) == 6


def test_deleted_rows_are_shown_on_demand(templates: Client) -> None:
    assert templates("DELETE", "/v1/audit_templates/t3").status_int == 204
    assert "t3" not in names(templates.get("/v1/audit_templates"))
    assert "t3" in names(templates.get("/v1/audit_templates", X_Show_Deleted="false"))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("limit=-1", 400),
        ("limit=", 400),
        ("limit=1.5", 400),
        ("limit=ten", 400),
        ("limit=1&limit=2", 400),
        ("sort_key=links", 400),
        ("sort_key=goal", 400),
        ("sort_key=", 400),
        ("sort_dir=ASC", 400),
        ("marker=nope", 400),
        ("marker=00000000-0000-4000-8000-00000000dead", 404),
        ("color=red", 400),
        ("name=t1", 400),
    ],
)
def test_bad_arguments_are_refused(client: Client, query: str, status: int) -> None:
    answer = client("GET", f"/v1/audit_templates?{query}")
    assert answer.status_int == status
    fault(answer)


def test_a_huge_limit_is_cut(templates: Client) -> None:
    assert len(names(templates.get(f"/v1/audit_templates?limit={10**30}"))) == 6


class TestWithASmallPage:
    """``[api] max_limit``."""

    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"api.max_limit": 4}

    def test_it_is_the_size_of_a_page(self, templates: Client) -> None:
        document = templates.get("/v1/audit_templates?limit=5")
        assert len(names(document)) == 4
        assert "limit=4" in document["next"]
        assert len(names(templates.get("/v1/audit_templates"))) == 4

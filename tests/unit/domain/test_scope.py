# SPDX-License-Identifier: Apache-2.0
"""Which hosts and servers an audit's scope leaves."""

from __future__ import annotations

import pytest

from watcher.common import exception
from watcher.domain import scope
from watcher.domain.snapshot import Aggregate, Host, Server, Snapshot


@pytest.fixture
def cloud() -> Snapshot:
    hosts = [Host(f"h{number}", f"cmp{number}") for number in (1, 2, 3, 4)]
    servers = [
        Server("s1", host="cmp1", project_id="p1", metadata={"role": "DB", "tier": "1"}),
        Server("s2", host="cmp1", project_id="p2"),
        Server("s3", host="cmp2", project_id="p1", metadata={"role": "db"}),
        Server("s4", host="cmp4", project_id="p2", metadata={"tier": "1"}),
    ]
    return Snapshot.of(
        hosts,
        servers,
        aggregates=[
            Aggregate(1, "agg1", frozenset({"cmp1", "cmp3"})),
            Aggregate(2, "agg2", frozenset({"cmp4", "gone"})),
        ],
        zones={"cmp1": "az1", "cmp2": "az1", "cmp3": "az2", "cmp4": "az3"},
    )


def compute(*rules: object) -> list[object]:
    return [{"compute": list(rules)}]


def kept(cloud: Snapshot, audit_scope: object) -> list[str]:
    return [one.hostname for one in scope.apply(cloud, audit_scope).hosts.values()]


def marked(cloud: Snapshot, *exclusions: object) -> list[str]:
    found = scope.apply(cloud, compute({"exclude": list(exclusions)}))
    return [one.uuid for one in found.servers.values() if one.excluded]


@pytest.mark.parametrize(
    "audit_scope", [None, [], [{}], [{"storage": [{"volume_types": []}]}], [{"compute": []}]]
)
def test_a_scope_without_compute_rules_leaves_the_snapshot_as_it_is(
    cloud: Snapshot, audit_scope: object
) -> None:
    assert scope.apply(cloud, audit_scope) is cloud


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(
            [{"host_aggregates": [{"id": 1}, {"name": "agg2"}]}], "cmp1 cmp3 cmp4", id="either"
        ),
        pytest.param([{"host_aggregates": [{"id": "2"}]}], "cmp4", id="number as text"),
        pytest.param([{"host_aggregates": [{"name": "*"}]}], "cmp1 cmp3 cmp4", id="any aggregate"),
        pytest.param([{"availability_zones": [{"name": "*"}]}], "cmp1 cmp2 cmp3 cmp4", id="any"),
        pytest.param(
            [{"availability_zones": [{"name": "az1"}]}, {"host_aggregates": [{"id": 2}]}],
            "cmp1 cmp2 cmp4",
            id="union",
        ),
        pytest.param(
            [{"availability_zones": [{"name": "az1"}], "host_aggregates": [{"id": 2}]}],
            "cmp4",
            id="one key a rule",
        ),
        pytest.param([{"availability_zones": [{"name": "nowhere"}]}], "", id="no such zone"),
        pytest.param([{"host_aggregates": []}], "", id="rule without entries"),
        pytest.param([{"host_aggregates": [{"colour": "red"}]}], "", id="entry without meaning"),
        pytest.param(
            [{"availability_zones": [{"name": "x"}]}, {"availability_zones": [{"name": "az1"}]}],
            "",
            id="nothing allowed so far",
        ),
        pytest.param(
            [{"availability_zones": [{"name": "az1"}]}, {"availability_zones": [{"name": "x"}]}],
            "cmp1 cmp2",
            id="something allowed before",
        ),
        pytest.param([{"exclude": [{"compute_nodes": [{"name": "cmp2"}]}]}], "cmp1 cmp3 cmp4"),
        pytest.param(
            [{"exclude": [{"compute_nodes": [{"name": "ghost"}]}]}],
            "cmp1 cmp2 cmp3 cmp4",
            id="unknown host",
        ),
        pytest.param([{"exclude": [{"host_aggregates": [{"id": "*"}]}]}], "cmp2"),
        pytest.param(
            [
                {"availability_zones": [{"name": "az1"}]},
                {"exclude": [{"compute_nodes": [{"name": "cmp1"}]}]},
            ],
            "cmp2",
            id="both",
        ),
        pytest.param([{"unheard": 1}], "cmp1 cmp2 cmp3 cmp4", id="unknown key"),
    ],
)
def test_hosts_are_chosen(cloud: Snapshot, rules: list[object], expected: str) -> None:
    assert kept(cloud, compute(*rules)) == expected.split()


@pytest.mark.parametrize(
    ("exclusions", "expected"),
    [
        pytest.param([{"instances": [{"uuid": "s2"}, {"uuid": "ghost"}]}], ["s2"], id="uuid"),
        pytest.param([{"projects": [{"uuid": "p2"}]}], ["s2", "s4"], id="project"),
        pytest.param([{"instance_metadata": [{"role": "db"}]}], ["s1", "s3"], id="any case"),
        pytest.param(
            [{"instance_metadata": [{"role": "db", "tier": 1}]}], ["s1"], id="all of one object"
        ),
        pytest.param(
            [{"instance_metadata": [{"role": "db"}, {"tier": "1"}]}],
            ["s1", "s3", "s4"],
            id="any of the objects",
        ),
        pytest.param([{"instance_metadata": [{}]}], [], id="empty object"),
        pytest.param(
            [{"projects": [{"uuid": "p1"}], "instances": [{"uuid": "s2"}]}],
            ["s2"],
            id="one key an object",
        ),
        pytest.param(
            [{"instances": [{"uuid": "s1"}]}, {"projects": [{"uuid": "p2"}]}], ["s1", "s2", "s4"]
        ),
        pytest.param([{"unheard": []}], [], id="unknown key"),
    ],
)
def test_servers_are_marked_and_stay(
    cloud: Snapshot, exclusions: list[object], expected: list[str]
) -> None:
    assert marked(cloud, *exclusions) == expected
    assert len(scope.apply(cloud, compute({"exclude": exclusions})).servers) == 4


def test_the_first_element_with_compute_rules_counts(cloud: Snapshot) -> None:
    first = {"compute": [{"availability_zones": [{"name": "az2"}]}]}
    second = {"compute": [{"availability_zones": [{"name": "az3"}]}]}
    assert kept(cloud, [{"storage": []}, {"compute": []}, first, second]) == ["cmp3"]


def test_a_parsed_scope_can_be_applied_again(cloud: Snapshot) -> None:
    parsed = scope.parse(compute({"availability_zones": [{"name": "az2"}]}))
    assert kept(cloud, parsed) == ["cmp3"]


@pytest.mark.parametrize(
    "rule",
    [
        {"availability_zones": [{"name": "*"}, {"name": "az1"}]},
        {"host_aggregates": [{"id": "*"}, {"id": 1}]},
        {"exclude": [{"host_aggregates": [{"name": "*"}, {"id": 1}]}]},
    ],
)
def test_a_wildcard_stands_alone(cloud: Snapshot, rule: object) -> None:
    with pytest.raises(exception.WildcardCharacterIsUsed):
        scope.apply(cloud, compute(rule))


@pytest.mark.parametrize(
    "audit_scope",
    ["text", {"compute": []}, [1], [{"compute": "x"}], compute({"host_aggregates": [{"id": "x"}]})],
)
def test_a_scope_of_another_form_is_refused(cloud: Snapshot, audit_scope: object) -> None:
    with pytest.raises(exception.Invalid):
        scope.apply(cloud, audit_scope)


def test_names_that_match_nothing_are_told(cloud: Snapshot) -> None:
    exclusions = [
        {"compute_nodes": [{"name": "ghost"}, {"name": "cmp1"}]},
        {"instances": [{"uuid": "s9"}]},
    ]
    assert scope.unknown_names(cloud, compute({"exclude": exclusions})) == ("ghost", "s9")

# SPDX-License-Identifier: Apache-2.0
"""The published XML form of the model."""

from __future__ import annotations

import datetime

from watcher.decision_engine.model import xml_form
from watcher.domain.snapshot import Host, Server, Snapshot

EXPECTED = """\
<ModelRoot>
  <ComputeNode hostname="h1" status="enabled" disabled_reason="None" state="up" memory="8192" \
memory_mb_reserved="512" disk="100" disk_gb_reserved="0" vcpus="4" vcpu_reserved="0" \
memory_ratio="1.5" vcpu_ratio="1.0" disk_ratio="1.0" uuid="n1">
    <Instance watcher_exclude="False" name="web" state="active" memory="1024" disk="10" vcpus="1" \
metadata="{'a': 'b'}" project_id="p" locked="True" host="h1" created="2026-01-02 03:04:05+00:00" \
pinned_az="" flavor_extra_specs="{}" uuid="s2" />
  </ComputeNode>
  <ComputeNode hostname="h2" status="enabled" disabled_reason="None" state="up" memory="0" \
memory_mb_reserved="0" disk="0" disk_gb_reserved="0" vcpus="0" vcpu_reserved="0" \
memory_ratio="1.0" vcpu_ratio="1.0" disk_ratio="1.0" uuid="n2" />
  <Instance watcher_exclude="False" name="" state="error" memory="0" disk="0" vcpus="0" \
metadata="{}" project_id="" locked="False" pinned_az="" flavor_extra_specs="{}" uuid="s1" />
</ModelRoot>"""


def test_hosts_and_servers_have_the_published_attributes_in_their_order() -> None:
    h1 = Host(
        "n1", "h1", vcpus=4, memory_mib=8192, memory_mib_reserved=512, memory_ratio=1.5,
        disk_gib=100,
    )  # fmt: skip
    web = Server(
        "s2", "web", vcpus=1, memory_mib=1024, disk_gib=10, metadata={"a": "b"}, project_id="p",
        locked=True, host="h1", created=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
    )  # fmt: skip
    model = Snapshot.of([Host("n2", "h2"), h1], [web, Server("s1", state="error")])

    assert xml_form.to_xml(model) == EXPECTED

# SPDX-License-Identifier: Apache-2.0
"""A sample scoring engine: names the kind of a workload from nine figures of a host."""

from __future__ import annotations

import json

from oslo_log import log
from oslo_utils import units

from watcher.decision_engine.scoring import base, features

LOG = log.getLogger(__name__)

# Stored by watcher-sync and compared as a text with what another installation of the
# published service stored, hence the odd layout.
METAINFO = """{
            "feature_columns": [
                "proc-processor-time-%",
                "mem-total-bytes",
                "mem-avail-bytes",
                "mem-page-reads/sec",
                "mem-page-writes/sec",
                "disk-read-bytes/sec",
                "disk-write-bytes/sec",
                "net-bytes-received/sec",
                "net-bytes-sent/sec"],
            "result_columns": [
                "workload",
                "idle-probability",
                "cpu-probability",
                "memory-probability",
                "disk-probability"],
            "workloads": [
                "idle",
                "cpu-intensive",
                "memory-intensive",
                "disk-intensive"]
            }"""

FEATURES = 9
CPU_BUSY, CPU_HALF_BUSY = 80, 40  # percent
PAGING_BUSY, PAGING_HALF_BUSY = 1000, 500  # pages a second
DISK_BUSY = 50 * units.Mi  # bytes a second
IDLE, CPU, MEMORY, DISK = range(4)


class DummyScorer(base.ScoringEngine):
    """Tells idle, cpu-, memory- and disk-intensive workloads apart by fixed thresholds."""

    def get_name(self) -> str:
        return "dummy_scorer"

    def get_description(self) -> str:
        return "Dummy workload classifier"

    def get_metainfo(self) -> str:
        return METAINFO

    def calculate_score(self, features_text: str) -> str:
        """Return ``[workload, idle, cpu, memory, disk]``, the last four in percent."""
        LOG.debug("Scoring the features %s", features_text)
        return json.dumps(classify(features.read_numbers(features_text, count=FEATURES)))


def classify(numbers: list[float]) -> list[float]:
    """Return the workload and the four probabilities for nine *numbers*."""
    cpu_percent, page_reads, page_writes = numbers[0], numbers[3], numbers[4]
    disk_read, disk_write = numbers[5], numbers[6]
    if cpu_percent >= CPU_BUSY:
        return [CPU, 0.0, 100.0, 0.0, 0.0]
    if page_reads >= PAGING_BUSY and page_writes >= PAGING_BUSY:
        return [MEMORY, 0.0, 0.0, 100.0, 0.0]
    if disk_read >= DISK_BUSY and disk_write >= DISK_BUSY:
        return [DISK, 0.0, 0.0, 0.0, 100.0]
    cpu = 50.0 if cpu_percent >= CPU_HALF_BUSY else 0.0
    memory = 50.0 if max(page_reads, page_writes) >= PAGING_HALF_BUSY else 0.0
    return [IDLE, 100.0, cpu, memory, 0.0]

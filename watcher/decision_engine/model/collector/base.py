# SPDX-License-Identifier: Apache-2.0
"""The published base class of collectors."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import ClassVar

from oslo_config import cfg

from watcher.clients import bundle
from watcher.common.utils import Struct
from watcher.domain.snapshot import Snapshot


class BaseClusterDataModelCollector(abc.ABC):
    """Reads the cloud; one instance per process, made by the plug-in loader.

    :param config: values of this plug-in's own options
    :param osc: clients of the cloud; the shared ones of this process if left out
    """

    #: JSON schema of this collector's part of an audit template's scope.
    SCHEMA: ClassVar[dict[str, object] | None] = None

    def __init__(self, config: Struct, osc: bundle.OpenStackClients | None = None) -> None:
        self.config = config
        self.osc = osc or bundle.shared()

    @classmethod
    def get_config_opts(cls) -> Sequence[cfg.Opt]:
        """Return the options that every collector has."""
        return (
            cfg.IntOpt(
                "period",
                default=3600,
                help="Seconds between readings of the cloud that no audit has requested.",
            ),
        )

    @property
    def period(self) -> int:
        """Return the seconds between two readings that no audit has requested."""
        return max(1, int(self.config.period))

    @abc.abstractmethod
    def execute(self) -> Snapshot:
        """Read the cloud and return it as it is now.

        :raises ClusterDataModelCollectionError: it could not be read, with the reason.
        """

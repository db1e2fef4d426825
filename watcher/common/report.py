# SPDX-License-Identifier: Apache-2.0
"""The Guru Meditation report: what a running process is doing, on SIGUSR2.

It goes to standard error or to a file below ``[oslo_reports] log_dir``: package, threads,
processes, configuration (without secrets) and the installed plug-ins.
"""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Callable
from typing import Any

from oslo_config import cfg
from oslo_reports import guru_meditation_report, opts
from oslo_reports.models import with_default_views
from oslo_reports.views.text import generic

from watcher import version
from watcher.conf.opts import NAMESPACES


class _Package:
    """The package, as oslo.reports describes it."""

    @staticmethod
    def vendor_string() -> str:
        return "OpenStack"

    @staticmethod
    def product_string() -> str:
        return "OpenStack Watcher"

    @staticmethod
    def version_string_with_package() -> str:
        return version.version_string()


class Report(guru_meditation_report.TextGuruMeditation):
    """The report with a section of this project."""


def setup(conf: cfg.ConfigOpts, service_name: str, *, watch_file: bool = True) -> None:
    """Let this process report on SIGUSR2, or when a file changes if one is configured.

    :param watch_file: false in a process that is going to fork, which must not start the thread
        that watches the file
    """
    opts.set_defaults(conf)
    if not any(title == "Plugins" for title, _ in getattr(Report, "persistent_sections", ())):
        Report.register_section("Plugins", _plugins)
    Report.setup_autorun(
        _Package,
        service_name,
        log_dir=conf.oslo_reports.log_dir,
        conf=conf if watch_file else None,
        # A web server may import this in a thread of its own, where no handler can be set.
        setup_signal=threading.current_thread() is threading.main_thread(),
    )


def add_section(title: str, text: Callable[[], str]) -> None:
    """Add a section to each report of this process.

    :param text: called when a report is made
    """
    Report.register_section(title, lambda: _section({"text": text()}, lambda model: model["text"]))


def _plugins() -> Any:
    names = [
        {"namespace": namespace, "name": point.name, "path": point.value}
        for namespace in NAMESPACES
        if namespace != "watcher_goals"
        for point in importlib.metadata.entry_points(group=namespace)
    ]
    heads = ["Namespace", "Plugin name", "Import path"]
    return _section(
        {"rows": names}, generic.TableView(heads, ["namespace", "name", "path"], "rows")
    )


def _section(data: dict[str, Any], view: Callable[[Any], str]) -> Any:
    return with_default_views.ModelWithDefaultViews(data, text_view=view)

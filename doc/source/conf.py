# SPDX-License-Identifier: Apache-2.0
"""Sphinx configuration of the documentation."""

from __future__ import annotations

from watcher.version import version_string

extensions = [
    "openstackdocstheme",
    "oslo_config.sphinxext",
    "oslo_policy.sphinxext",
    "reno.sphinxext",
]

project = "Watcher"
copyright = "the Watcher authors"
root_doc = "index"
release = version_string()
exclude_patterns = ["user/parameters"]

html_theme = "openstackdocs"
html_theme_options = {"show_other_versions": False}
html_last_updated_fmt = None
openstackdocs_auto_name = False
openstackdocs_auto_version = False

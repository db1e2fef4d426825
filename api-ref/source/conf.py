# SPDX-License-Identifier: Apache-2.0
"""Sphinx configuration of the API reference."""

from __future__ import annotations

from watcher.api.microversion import MAXIMUM, MINIMUM
from watcher.version import version_string

extensions = ["os_api_ref", "openstackdocstheme"]

project = "Watcher API reference"
copyright = "the Watcher authors"
root_doc = "index"
release = version_string()

html_theme = "openstackdocs"
html_theme_options = {"sidebar_mode": "toc", "show_other_versions": False}
html_last_updated_fmt = None
openstackdocs_auto_name = False
openstackdocs_auto_version = False

os_api_ref_min_microversion = str(MINIMUM)
os_api_ref_max_microversion = str(MAXIMUM)

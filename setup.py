# SPDX-License-Identifier: Apache-2.0
"""Name the packages; everything else about this distribution stands in setup.cfg.

The migrations live in the top-level folder ``alembic`` (which must not be a package of that
name: it would hide the library) and are shipped as ``watcher.db.migrations``. setup.cfg cannot
express "what is found, and these two".
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["watcher", "watcher.*"]),
        "watcher.db.migrations",
        "watcher.db.migrations.versions",
    ],
    package_dir={
        "watcher.db.migrations": "alembic",
        "watcher.db.migrations.versions": "alembic/versions",
    },
)

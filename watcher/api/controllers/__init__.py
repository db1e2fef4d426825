# SPDX-License-Identifier: Apache-2.0
"""What is served, resource by resource; how it is served is in ``watcher.api.controller``."""

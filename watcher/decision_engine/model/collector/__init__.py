# SPDX-License-Identifier: Apache-2.0
"""Plug-ins that read one kind of resource of the cloud into a snapshot."""

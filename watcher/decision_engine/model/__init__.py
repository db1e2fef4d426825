# SPDX-License-Identifier: Apache-2.0
"""How the cloud is read into a snapshot, and who keeps the latest one."""

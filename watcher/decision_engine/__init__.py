# SPDX-License-Identifier: Apache-2.0
"""The daemon that turns audits into action plans."""

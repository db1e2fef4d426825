# SPDX-License-Identifier: Apache-2.0
"""Running audits: who runs which when, and the phases of a run."""

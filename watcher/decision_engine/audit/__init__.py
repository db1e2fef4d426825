# SPDX-License-Identifier: Apache-2.0
"""Running audits: who runs which one when, and the phases of a run."""

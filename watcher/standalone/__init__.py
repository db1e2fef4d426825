# SPDX-License-Identifier: Apache-2.0
"""Everything in one process: API, decision engine, applier and, if asked, a simulated cloud."""

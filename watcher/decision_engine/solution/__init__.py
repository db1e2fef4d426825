# SPDX-License-Identifier: Apache-2.0
"""Solutions: the actions a strategy proposes and how good it says they are."""

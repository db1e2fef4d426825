# SPDX-License-Identifier: Apache-2.0
"""How the success of a goal is measured: indicators and global efficacy."""

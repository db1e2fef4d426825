# SPDX-License-Identifier: Apache-2.0
"""Pure values and rules: no input or output, no configuration, no clock."""

# SPDX-License-Identifier: Apache-2.0
"""The plug-in loaders of the decision engine."""

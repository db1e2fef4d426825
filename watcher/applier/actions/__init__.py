# SPDX-License-Identifier: Apache-2.0
"""The actions that plans are made of."""

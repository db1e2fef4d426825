# SPDX-License-Identifier: Apache-2.0
"""Published loaders of the applier's plug-ins."""

# SPDX-License-Identifier: Apache-2.0
"""What every layer above shares: exceptions, request context, policy, plug-in loader, logging."""

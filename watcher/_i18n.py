# SPDX-License-Identifier: Apache-2.0
"""The marks for texts that may be translated (published import path)."""

from __future__ import annotations

import oslo_i18n

DOMAIN = "watcher"

_translators = oslo_i18n.TranslatorFactory(domain=DOMAIN)

_ = _translators.primary
_C = _translators.contextual_form
_P = _translators.plural_form


def lazy_translation_enabled() -> bool:
    """Tell whether texts are translated when they are shown, not when they are made."""
    return type(_("audit")) is not str


def get_available_languages() -> list[str]:
    """Return the languages for which there are translations."""
    return list(oslo_i18n.get_available_languages(DOMAIN))

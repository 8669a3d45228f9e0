"""Every word that a participant reads or may write, as data: one YAML file for each language.

To add a language, add a file; see docs/concepts.md. A study's own texts take precedence over these. The files
are read at the first use, not on import.
"""

from locales.files import (
    all_locales,
    bidi_number,
    comma,
    direction,
    form_texts,
    gateway_texts,
    has_texts,
    known_locale,
    load_locales,
    sms_texts,
    text_languages,
)
from locales.model import Answers, Commands, FormTexts, GatewayTexts, Locale, SmsTexts, Texts

__all__ = [
    "Answers",
    "Commands",
    "FormTexts",
    "GatewayTexts",
    "Locale",
    "SmsTexts",
    "Texts",
    "all_locales",
    "bidi_number",
    "comma",
    "direction",
    "form_texts",
    "gateway_texts",
    "has_texts",
    "known_locale",
    "load_locales",
    "sms_texts",
    "text_languages",
]

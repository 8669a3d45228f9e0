"""The study's crisis words, looked for in a text. The words themselves are the study's (`safety.crisis`)."""

import re

from schemas.study import Study
from streams.plain_text import words_of

_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")


def crisis_words(text: str, study: Study) -> str | None:
    """The crisis word that a text contains, by language and place in the list, such as `en-3`."""
    spaced = f" {' '.join(words_of(text))} "
    for language, phrases in study.safety.crisis.items():
        for place, phrase in enumerate(phrases, start=1):
            words = " ".join(words_of(phrase))
            # Arabic joins "and", "the" and "that" to the word, so its words are looked for anywhere.
            if (words if _ARABIC_LETTER.search(words) else f" {words} ") in spaced:
                return f"{language.lower()}-{place}"
    return None

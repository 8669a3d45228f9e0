"""How simulated participants write their numbers, what they mistype, and what else they send."""

from collections.abc import Mapping

from schemas.study import Study

MISTYPED = ("great thanks", "77 3 5", "7", "mood eleven", "ok", "7,4", "weather 7", "6 or 7")
STRANGERS = ("Is this the pizza place?", "7 3 5", "STOP calling me")
NOTES = {
    "en": ("Slept badly.", "A walk in the park helped.", "My sister came by."),
    "nl": ("Slecht geslapen.", "Een wandeling deed me goed.", "Mijn zus kwam langs."),
    "ar": ("نمت بشكل سيئ.", "ساعدني المشي في الحديقة.", "زارتني أختي."),
}
_EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def write(values: Mapping[str, int], study: Study, language: str, style: float) -> str:
    """A text with a number for each scale among the study's SMS items.

    Args:
        values: Answers by item id.
        study: Whose items are asked.
        language: The person's: the names and, in Arabic, the digits follow it.
        style: 0 to 1, selects the way of writing.
    """
    asked = [item for item in study.sms if item in values]
    numbers = [str(values[item]) for item in asked]
    if style < 0.6:
        words = " ".join(numbers)
    elif style < 0.8:
        words = ", ".join(numbers)
    else:
        words = " ".join(f"{_name(study, item, language)} {values[item]}" for item in asked)
    return words.translate(_EASTERN) if language == "ar" else words


def _name(study: Study, item_id: str, language: str) -> str:
    names = next(item.sms for item in study.items if item.id == item_id)
    return (names.get(language) or next(iter(names.values())))[0]

"""What the gateway itself says to people, in the languages of its pages."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

UNKNOWN_NUMBER = "This number is not known to this study. / Dit nummer is niet bekend bij deze studie. / هذا الرقم غير معروف لدى هذه الدراسة."
TRY_AGAIN = "The study could not save your message. Please send it again in a few minutes."

_ENGLISH = {
    "send": "Send",
    "thanks": "Thank you. Your answers are saved.",
    "close": "You can close this page now.",
    "errors": "Please look at these questions again:",
    "missing": "Please choose an answer.",
    "out_of_range": "Please choose one of the answers shown.",
    "unknown_item": "Something in this form does not belong to it. Please reload the page.",
    "too_long": "Please keep this under 500 characters.",
    "not_stored": "We could not save your answers just now. Your choices are still below: "
    "please press Send again in a few minutes.",
    "no_link": "This link does not work. Please use the newest link that you were sent.",
    "expired": "The time to answer this one has passed. You will be asked again.",
    "optional": "you may skip this",
}
_DUTCH = {
    "send": "Versturen",
    "thanks": "Dank je wel. Je antwoorden zijn bewaard.",
    "close": "Je kunt deze pagina nu sluiten.",
    "errors": "Kijk nog even naar deze vragen:",
    "missing": "Kies een antwoord.",
    "out_of_range": "Kies een van de getoonde antwoorden.",
    "unknown_item": "Iets in dit formulier hoort er niet bij. Laad de pagina opnieuw.",
    "too_long": "Houd dit onder 500 tekens.",
    "not_stored": "We konden je antwoorden nu niet bewaren. Je keuzes staan er nog: "
    "druk over een paar minuten opnieuw op Versturen.",
    "no_link": "Deze link werkt niet. Gebruik de nieuwste link die je kreeg.",
    "expired": "De tijd om deze vraag te beantwoorden is voorbij. Je krijgt een nieuwe.",
    "optional": "overslaan mag",
}
_ARABIC = {
    "send": "إرسال",
    "thanks": "شكرًا لك. تم حفظ إجاباتك.",
    "close": "يمكنك إغلاق هذه الصفحة الآن.",
    "errors": "يرجى مراجعة هذه الأسئلة:",
    "missing": "يرجى اختيار إجابة.",
    "out_of_range": "يرجى اختيار إحدى الإجابات المعروضة.",
    "unknown_item": "يوجد في هذا النموذج ما لا ينتمي إليه. يرجى إعادة تحميل الصفحة.",
    "too_long": "يرجى ألا يتجاوز النص 500 حرف.",
    "not_stored": "تعذر حفظ إجاباتك الآن. اختياراتك ما زالت أدناه: يرجى الضغط على إرسال مرة أخرى بعد بضع دقائق.",
    "no_link": "هذا الرابط لا يعمل. يرجى استخدام أحدث رابط وصلك.",
    "expired": "انتهى وقت الإجابة. سنسألك مرة أخرى لاحقًا.",
    "optional": "يمكنك تخطي هذا",
}
_WORDS = {"en": _ENGLISH, "nl": _DUTCH, "ar": _ARABIC}


def words_in(language: str) -> dict[str, str]:
    """The page's words in a language; English where there are none."""
    return _WORDS.get(language.split("-")[0], _ENGLISH)


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"

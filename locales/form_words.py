"""The form's own words in each language; the study's words come from its definition."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
_FALLBACK = "en"

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "send": "Send",
        "next": "Next",
        "back": "Back",
        "review": "Check my answers",
        "review_title": "Your answers",
        "review_text": "Nothing is sent yet. Look at your answers, then send them.",
        "change": "Change",
        "unanswered": "No answer",
        "more": "A few more questions that follow from your answers.",
        "yes": "Yes",
        "no": "No",
        "phone_kept": "Kept on this phone, not sent yet. It is sent when there is a connection: leave "
        "this page open, or open the link again.",
        "phone_offline": "No connection. Your answers are still here: answer what must be answered, and "
        "try again later.",
        "phone_sent": "Answers kept on this phone are sent now.",
        "phone_again": "Answers kept on this phone could not be saved. If it is not too late, open their "
        "link again.",
        "phone_removed": "Removed from this phone.",
        "phone_note": "Your answers stay on this phone until they are sent. If others use it too, you "
        "can remove them.",
        "phone_remove": "Remove from this phone",
        "recent_title": "Your last two weeks",
        "recent_count": "Your check-ins in the last two weeks: {checkins}, on {days} of {of} days.",
        "recent_dots": "Each dot is the average of a day’s answers to “{asked}”. A day without a dot has "
        "no answer.",
        "recent_first": "two weeks ago",
        "recent_last": "today",
        "too_often_title": "One moment, please",
        "too_often": "This page was opened too often in a short time. Please try again in a minute. "
        "Nothing was lost.",
        "choose_any": "You can choose more than one.",
        "optional": "You may leave out questions without a star (*).",
        "help": "If you need help",
        "thanks_title": "Thank you",
        "thanks": "Your answers are saved. You can close this page.",
        "already_title": "You have already answered",
        "already": "The answers that you sent first are saved. What you sent now is not added to them. You "
        "can close this page.",
        "unsaved_title": "Not saved yet",
        "unsaved": "We could not save your answers. Nothing was lost on your page: they are still filled in "
        "below. Please try again in a few minutes.",
        "problems_title": "Please look at this again",
        "missing": "Please answer this question.",
        "empty": "Please answer at least one question.",
        "conflict": "Please choose either this answer alone or the others.",
        "too_long": "This is too long. Please write at most 1000 characters.",
        "unknown_item": "The page sent something that is not part of this form. Please check your answers "
        "and send them again.",
        "out_of_range": "Please choose one of the answers on the page.",
        "resend": "Please send the form once more.",
        "expired_title": "This link has expired",
        "expired": "The time to answer has passed, so nothing was saved. You do not need to do anything. "
        "Please use the link in our next message.",
        "unknown_title": "This link does not work",
        "unknown": "Please check that you copied the whole link, or use the link in our latest message.",
        "too_large_title": "Too much text",
        "too_large": "Your answers are too long, so nothing was saved. Please go back and shorten them.",
        "error_title": "Something went wrong",
        "error": "This is our mistake, and we do not know whether your answers were saved. Please try again "
        "in a few minutes.",
        "unknown_number": "This number does not take part in a study here. Nothing was kept.",
        "sms_unsaved": "We could not take your message. Please send it again in a few minutes.",
    },
    "nl": {
        "send": "Versturen",
        "next": "Volgende",
        "back": "Terug",
        "review": "Mijn antwoorden nakijken",
        "review_title": "Uw antwoorden",
        "review_text": "Er is nog niets verstuurd. Kijk uw antwoorden na en verstuur ze dan.",
        "change": "Wijzigen",
        "unanswered": "Geen antwoord",
        "more": "Nog enkele vragen die volgen uit uw antwoorden.",
        "yes": "Ja",
        "no": "Nee",
        "phone_kept": "Bewaard op deze telefoon, nog niet verstuurd. Dat gebeurt zodra er verbinding is: "
        "laat deze pagina open, of open de link opnieuw.",
        "phone_offline": "Geen verbinding. Uw antwoorden staan er nog: vul aan wat nodig is en probeer "
        "het later opnieuw.",
        "phone_sent": "Antwoorden op deze telefoon zijn nu verstuurd.",
        "phone_again": "Antwoorden op deze telefoon konden niet bewaard worden. Open hun link opnieuw "
        "als het niet te laat is.",
        "phone_removed": "Van deze telefoon verwijderd.",
        "phone_note": "Uw antwoorden blijven op deze telefoon tot ze verstuurd zijn. Gebruiken anderen "
        "hem ook, dan kunt u ze verwijderen.",
        "phone_remove": "Van deze telefoon verwijderen",
        "recent_title": "Uw laatste twee weken",
        "recent_count": "Uw check-ins in de laatste twee weken: {checkins}, op {days} van {of} dagen.",
        "recent_dots": "Elk punt is het gemiddelde van de antwoorden van een dag op ‘{asked}’. Een dag "
        "zonder punt "
        "heeft geen antwoord.",
        "recent_first": "twee weken geleden",
        "recent_last": "vandaag",
        "too_often_title": "Een ogenblik",
        "too_often": "Deze pagina werd in korte tijd te vaak geopend. Probeer het over een minuut opnieuw. "
        "Er is niets verloren.",
        "choose_any": "U kunt meer dan één antwoord kiezen.",
        "optional": "Vragen zonder sterretje (*) mag u overslaan.",
        "help": "Als u hulp nodig hebt",
        "thanks_title": "Dank u wel",
        "thanks": "Uw antwoorden zijn bewaard. U kunt deze pagina sluiten.",
        "already_title": "U hebt al geantwoord",
        "already": "De antwoorden die u eerst verstuurde, zijn bewaard. Wat u nu verstuurde, is er niet aan "
        "toegevoegd. U kunt deze pagina sluiten.",
        "unsaved_title": "Nog niet bewaard",
        "unsaved": "We konden uw antwoorden niet bewaren. Er is niets verloren op uw pagina: ze staan "
        "hieronder nog ingevuld. Probeer het over enkele minuten opnieuw.",
        "problems_title": "Kijk dit nog eens na",
        "missing": "Beantwoord deze vraag.",
        "empty": "Beantwoord minstens één vraag.",
        "conflict": "Kies ofwel alleen dit antwoord, ofwel de andere.",
        "too_long": "Dit is te lang. Schrijf hoogstens 1000 tekens.",
        "unknown_item": "De pagina stuurde iets dat niet bij dit formulier hoort. Kijk uw antwoorden na en "
        "verstuur ze opnieuw.",
        "out_of_range": "Kies een van de antwoorden op de pagina.",
        "resend": "Verstuur het formulier nog één keer.",
        "expired_title": "Deze link is verlopen",
        "expired": "De tijd om te antwoorden is voorbij; er is niets bewaard. U hoeft niets te doen. "
        "Gebruik de link in ons volgende bericht.",
        "unknown_title": "Deze link werkt niet",
        "unknown": "Kijk na of u de hele link hebt gekopieerd, of gebruik de link in ons laatste bericht.",
        "too_large_title": "Te veel tekst",
        "too_large": "Uw antwoorden zijn te lang; er is niets bewaard. Ga terug en maak ze korter.",
        "error_title": "Er ging iets mis",
        "error": "Dit is onze fout, en we weten niet of uw antwoorden bewaard zijn. Probeer het over enkele "
        "minuten opnieuw.",
        "unknown_number": "Dit nummer neemt hier niet deel aan een studie. Er is niets bewaard.",
        "sms_unsaved": "We konden uw bericht niet aannemen. Stuur het over enkele minuten opnieuw.",
    },
    "ar": {
        "send": "إرسال",
        "next": "التالي",
        "back": "رجوع",
        "review": "مراجعة إجاباتي",
        "review_title": "إجاباتك",
        "review_text": "لم يُرسل شيء بعد. راجع إجاباتك ثم أرسلها.",
        "change": "تعديل",
        "unanswered": "بلا إجابة",
        "more": "بضعة أسئلة أخرى بناءً على إجاباتك.",
        "yes": "نعم",
        "no": "لا",
        "phone_kept": "محفوظ على هذا الهاتف ولم يُرسل بعد. يُرسل عند توفر الاتصال: اترك الصفحة مفتوحة أو "
        "افتح الرابط مجددًا.",
        "phone_offline": "لا يوجد اتصال. إجاباتك هنا: أكمل المطلوب وحاول لاحقًا.",
        "phone_sent": "أُرسلت الآن إجابات هذا الهاتف.",
        "phone_again": "تعذر حفظ إجابات هذا الهاتف. افتح رابطها مجددًا إن لم يفت الوقت.",
        "phone_removed": "أُزيلت من هذا الهاتف.",
        "phone_note": "تبقى إجاباتك على هذا الهاتف حتى تُرسل. يمكنك إزالتها.",
        "phone_remove": "إزالة من هذا الهاتف",
        "recent_title": "آخر أسبوعين لك",
        "recent_count": "عدد مرات إجابتك في آخر أسبوعين: {checkins}، في {days} من {of} يومًا.",
        "recent_dots": "كل نقطة هي متوسط إجاباتك في يوم واحد عن «{asked}». اليوم الذي بلا نقطة لا إجابة فيه.",
        "recent_first": "قبل أسبوعين",
        "recent_last": "اليوم",
        "too_often_title": "لحظة من فضلك",
        "too_often": "فُتحت هذه الصفحة مرات كثيرة في وقت قصير. يرجى المحاولة مرة أخرى بعد دقيقة. لم يضِع شيء.",
        "choose_any": "يمكنك اختيار أكثر من إجابة.",
        "optional": "يمكنك ترك الأسئلة التي بلا نجمة (*).",
        "help": "إذا كنت بحاجة إلى مساعدة",
        "thanks_title": "شكرًا لك",
        "thanks": "تم حفظ إجاباتك. يمكنك إغلاق هذه الصفحة.",
        "already_title": "لقد أجبت من قبل",
        "already": "حُفظت الإجابات التي أرسلتها أولًا، ولم يُضف إليها ما أرسلته الآن. يمكنك إغلاق هذه الصفحة.",
        "unsaved_title": "لم يتم الحفظ بعد",
        "unsaved": "لم نتمكن من حفظ إجاباتك. لم يضِع شيء من صفحتك، وإجاباتك ما زالت محددة أدناه. "
        "يرجى المحاولة مرة أخرى بعد بضع دقائق.",
        "problems_title": "يرجى مراجعة ما يلي",
        "missing": "يرجى الإجابة عن هذا السؤال.",
        "empty": "يرجى الإجابة عن سؤال واحد على الأقل.",
        "conflict": "يرجى اختيار هذه الإجابة وحدها أو الإجابات الأخرى.",
        "too_long": "النص طويل جدًا. يرجى كتابة 1000 حرف على الأكثر.",
        "unknown_item": "أرسلت الصفحة شيئًا لا ينتمي إلى هذا النموذج. يرجى مراجعة إجاباتك وإرسالها مرة أخرى.",
        "out_of_range": "يرجى اختيار إحدى الإجابات الموجودة في الصفحة.",
        "resend": "يرجى إرسال النموذج مرة أخرى.",
        "expired_title": "انتهت صلاحية هذا الرابط",
        "expired": "انتهى وقت الإجابة ولم يُحفظ شيء. لا حاجة إلى أي إجراء منك. "
        "يرجى استخدام الرابط في رسالتنا القادمة.",
        "unknown_title": "هذا الرابط لا يعمل",
        "unknown": "يرجى التأكد من نسخ الرابط كاملًا، أو استخدام الرابط في آخر رسالة منا.",
        "too_large_title": "النص طويل جدًا",
        "too_large": "إجاباتك طويلة جدًا ولم يُحفظ شيء. يرجى الرجوع واختصارها.",
        "error_title": "حدث خطأ",
        "error": "هذا خطأ من جانبنا، ولا نعرف إن كانت إجاباتك قد حُفظت. يرجى المحاولة مرة أخرى بعد بضع دقائق.",
        "unknown_number": "هذا الرقم غير مشارك في دراسة هنا. لم يُحفظ شيء.",
        "sms_unsaved": "لم نتمكن من استلام رسالتك. يرجى إرسالها مرة أخرى بعد بضع دقائق.",
    },
}


def words(language: str) -> dict[str, str]:
    """The form's words in a language; in English where we do not have it."""
    return _WORDS.get(language) or _WORDS.get(language.split("-")[0]) or _WORDS[_FALLBACK]


def direction(language: str) -> str:
    """`rtl` for languages that are written from right to left, else `ltr`."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def number(value: int) -> str:
    """A whole number for a page; its minus stays in front of it in writing from right to left too."""
    return f"\u200e{value}" if value < 0 else str(value)


def in_all(name: str) -> str:
    """One of our sentences in every language, for somebody whose language is not known."""
    return " / ".join(_WORDS[language][name] for language in _WORDS)


LANGUAGES = tuple(_WORDS)

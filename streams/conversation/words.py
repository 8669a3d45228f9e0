"""The words that steer a conversation, in every language: the right one is not always the person's own."""

import re
from collections.abc import Iterable, Mapping

from schemas.events import Intent
from schemas.study import Study
from streams.conversation.plain import listed, plain, words_of

_OPT_OUT = (
    "stop", "stopall", "quit", "end", "revoke", "opt out", "optout", "opt-out", "cancel", "unsubscribe",
    "do not text me", "don't text me", "stop texting me", "no more texts", "no more messages", "remove me",
    "leave me alone", "take me off",
    "stoppen", "afmelden", "uitschrijven", "opzeggen", "geen berichten meer", "laat me met rust",
    "arret", "arrêt", "désabonner", "arrêter", "abmelden", "aufhören", "beenden", "parar", "alto", "baja",
    "توقف", "قف", "ايقاف", "الغاء", "الغاء الاشتراك", "اوقف", "لا ترسل", "لا ترسلوا",
)  # fmt: skip
_AROUND_OPT_OUT = listed(
    """please pls plz now all it this these the to me my from with texting messaging sending texts text
    messages message everything contacting survey study immediately ok okay thanks thank you i want
    aub alsjeblieft svp graag nu met alles berichten sms en deze mij ik wil
    merci maintenant bitte jetzt من فضلك الان رسائل الرسائل"""
)
_COMMANDS: dict[Intent, list[str]] = {
    Intent.OPT_IN: ["start", "unstop", "begin", "hervat", "starten", "commencer", "ابدأ", "استئناف"],
    Intent.HELP: ["help", "info", "help me", "hulp", "aide", "hilfe", "ayuda", "مساعدة", "ساعدني"],
    Intent.SKIP: ["skip", "pass", "next", "overslaan", "passer", "überspringen", "تخطي", "تخط"],
    Intent.BACK: ["back", "terug", "retour", "zurück", "رجوع", "عودة"],
    Intent.RESTART: ["restart", "start over", "opnieuw", "herbegin", "recommencer", "neu", "من جديد"],
    Intent.BEGIN: ["check in", "checkin", "check-in", "check", "inchecken", "تسجيل", "سجل"],
}
_WHOLE = {
    meaning: frozenset(" ".join(words_of(phrase)) for phrase in phrases)
    for meaning, phrases in _COMMANDS.items()
}
_LANGUAGE = listed("lang language taal langue sprache idioma لغة اللغة")
_NAMES = {
    "en": listed("english engels anglais الانجليزية انجليزي"),
    "nl": listed("nederlands dutch flemish vlaams هولندي الهولندية"),
    "ar": listed("arabic arabisch العربية عربي"),
    "fr": listed("français francais french frans الفرنسية"),
    "de": listed("deutsch german duits"),
    "es": listed("español espanol spanish spaans"),
    "tr": listed("türkçe turkish turks"),
}
_CORRECT = listed(
    """change correct correction wijzig verander verbeter corriger changer ändern korrigiere
    تغيير غير تصحيح صحح"""
)
_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")


def _spaced(words: Iterable[str]) -> str:
    """Words with blanks of their own on both sides, so that only whole ones are found."""
    return "".join(f" {word} " for word in words)


_OPT_OUT_PHRASES = sorted((_spaced(words_of(phrase)) for phrase in _OPT_OUT), key=len, reverse=True)


def reserved(text: str) -> Intent | None:
    """The command that a text is, all but crisis, language and correction; None if it is none."""
    words = words_of(text)
    if _opts_out(words):
        return Intent.OPT_OUT
    whole = " ".join(words)
    return next((meaning for meaning, phrases in _WHOLE.items() if whole in phrases), None)


def crisis(text: str, study: Study) -> str | None:
    """The rule of the study's words of crisis that a text matches, such as `en-3`; None if none does."""
    spaced = f" {' '.join(words_of(text))} "
    for language, phrases in study.safety.crisis.items():
        for place, phrase in enumerate(phrases, start=1):
            words = " ".join(words_of(phrase))
            # Arabic joins "and", "the" and "that" to the word, so its words are looked for anywhere.
            if (words if _ARABIC_LETTER.search(words) else f" {words} ") in spaced:
                return f"{language.lower()}-{place}"
    return None


def language_wanted(text: str, study: Study) -> str | None:
    """The study's language that a text such as `taal Arabisch` asks for; empty if it has no such one."""
    words = words_of(text)
    if not words or words[0] not in _LANGUAGE or len(words) > 2:
        return None
    wanted = words[1] if len(words) > 1 else ""
    for language in study.languages:
        if wanted == plain(language) or wanted in _NAMES.get(language.split("-")[0], ()):
            return language
    return ""


def correction(text: str) -> str | None:
    """What follows in a text such as `CHANGE mood 5`; None if it is no correction."""
    first, _, rest = plain(text).partition(" ")
    return rest if first.rstrip(":") in _CORRECT and rest else None


def _opts_out(words: tuple[str, ...]) -> bool:
    """Whether the text is an opt-out, said once or more, and nothing else that matters."""
    text = _spaced(words)
    left = text
    for phrase in _OPT_OUT_PHRASES:
        left = left.replace(phrase, "")
    return left != text and set(left.split()) <= _AROUND_OPT_OUT


def reserved_words(study: Study) -> Mapping[str, Intent]:
    """Every single word that is a command: a study must not name an item or an option with one."""
    words = {" ".join(words_of(phrase)): Intent.OPT_OUT for phrase in _OPT_OUT}
    for meaning, phrases in _WHOLE.items():
        words |= dict.fromkeys(phrases, meaning)
    return words

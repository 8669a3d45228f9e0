"""Uses a language that was added as a file, in every place where languages are used; see test_added.py."""

import locales
from producers.forms.navigation import first_steps
from producers.forms.rendering import FormPage, render_form, render_message
from producers.sms.templates import every_text, reminded
from schemas.events import Intent
from schemas.study import ScaleItem, Study, YesNoItem
from schemas.study.file import load_study
from streams.conversation.numbers import Parsed, parse
from streams.conversation.words import correction, language_wanted, reserved
from tests.conftest import DEMO
from wellstream.formats.xlsform_export import export_xlsform

TLH = "tlh"


def in_klingon(node: object) -> object:
    """A study's definition with its English texts for Klingon too."""
    if isinstance(node, dict):
        more = {TLH: node["en"]} if "en" in node else {}
        return {name: in_klingon(value) for name, value in node.items()} | more
    return [in_klingon(one) for one in node] if isinstance(node, list | tuple) else node


def study() -> Study:
    """The study of every kind of item, in English and Klingon."""
    definition = load_study(DEMO.parents[1] / "tests" / "studies" / "every_kind.yaml").model_dump(mode="json")
    added = in_klingon(definition)
    assert isinstance(added, dict)
    return Study.model_validate(added | {"languages": [*definition["languages"], TLH]})


def main() -> None:
    """Assert each place in turn."""
    ours = study()
    assert TLH in locales.text_languages()
    assert locales.direction(TLH) == "rtl"
    assert locales.gateway_texts(TLH).unknown_number.startswith("tlh ")

    page = render_form(FormPage(ours, TLH, "x" * 16, "now", first_steps(ours)))
    assert 'lang="tlh" dir="rtl"' in page
    assert 'data-kept="tlh Kept on this phone' in page
    assert "tlh This link does not work" in render_message(None, None, "unknown")

    texts = {name: words for language, name, words in every_text(ours) if language == TLH}
    assert texts["thanks"] == "tlh Thank you."
    assert reminded(TLH, "7?") == "tlh Reminder: 7?"

    commands = {"tlhopt_out": Intent.OPT_OUT, "tlhhelp tlhhelp": Intent.HELP, "tlhbegin": Intent.BEGIN}
    assert {words: reserved(words) for words in commands} == commands
    assert reserved("TLHOPT_OUT tlharound") == Intent.OPT_OUT
    assert language_wanted("tlhlanguage tlhIngan", ours) == TLH
    assert correction("tlhcorrect mood 5") == "mood 5"

    yes_no = next(item for item in ours.items if isinstance(item, YesNoItem))
    scale = next(item for item in ours.items if isinstance(item, ScaleItem) and item.scale.max == 10)
    assert parse("tlhyes", ours, TLH, [yes_no]) == Parsed({yes_no.id: 1}, "words")
    for text in ("Soch", "tlhfillers Soch", "7 tlhout_of 10"):
        assert parse(text, ours, TLH, [scale]) == Parsed({scale.id: 7}, "single"), text

    book, report = export_xlsform(ours)
    assert "tlh Yes" in [cell.value for row in book["choices"] for cell in row]
    assert not [loss for loss in report.losses if loss.what.startswith("yes and no")]


if __name__ == "__main__":
    main()

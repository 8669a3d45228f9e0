"""A FHIR R4B Questionnaire of a study's items, for electronic health records."""

from typing import Any, assert_never

from fhir.resources.R4B.questionnaire import Questionnaire

from schemas.study import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    Option,
    Scale,
    ScaleItem,
    Study,
    TextItem,
    Texts,
    YesNoItem,
)
from schemas.study.conditions import Both, Compare, Condition, Has, Not, parse_condition
from wellstream.formats.conditions import OPPOSITE, answers_of
from wellstream.formats.losses import Report

_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_PLACES = "http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces"
_BOUND = "http://hl7.org/fhir/StructureDefinition/{}Value"
_EXCLUSIVE = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive"


def export_fhir(study: Study) -> tuple[Questionnaire, Report]:
    """Convert the items to a Questionnaire, and report what was lost."""
    report = Report()
    report.lose(
        "conditions, arms, interventions, sms, dialogue, form, schedule, safety, texts",
        "not supported",
        "a Questionnaire contains only items",
    )
    plain = {
        "resourceType": "Questionnaire",
        "name": _computable(study.id),
        "version": str(study.version),
        "status": "draft",
        "subjectType": ["Patient"],
        "language": study.languages[0],
        **_translated("title", study.title, study),
        "item": [_item(item, study, report) for item in study.items],
    }
    return Questionnaire.model_validate(plain), report


def _computable(name: str) -> str:
    """A computer-friendly name as FHIR defines it: a capital, then letters, digits and `_`."""
    return name[:1].upper() + name[1:].replace("-", "_")


def _translated(name: str, texts: Texts, study: Study) -> dict[str, Any]:
    """A text in the first language, with its translations as extensions."""
    first, *others = study.languages
    translations = [
        {
            "url": _TRANSLATION,
            "extension": [{"url": "lang", "valueCode": code}, {"url": "content", "valueString": texts[code]}],
        }
        for code in others
        if code in texts
    ]
    return {name: texts[first]} | ({f"_{name}": {"extension": translations}} if translations else {})


def _item(item: Item, study: Study, report: Report) -> dict[str, Any]:
    made: dict[str, Any] = {
        "linkId": item.id,
        "required": item.required,
        **_translated("text", item.text, study),
        **_type_and_answers(item, study),
    }
    if item.measures:
        made["code"] = [{"system": "urn:wellstream:measure", "code": item.measures.value}]
    if item.show_if:
        _enable(made, item, study, report)
    for lost, what in (
        (item.sms, "its SMS keywords"),
        (item.sms_text, "its short question for SMS"),
    ):
        if lost:
            report.lose(item.id, what, "a Questionnaire cannot hold it")
    return made


def _type_and_answers(item: Item, study: Study) -> dict[str, Any]:
    """An item's type, with its bounds or its options."""
    match item:
        case ScaleItem(scale=scale):
            bounds = (("min", scale.min), ("max", scale.max))
            ends = {
                "linkId": f"{item.id}.ends",
                "type": "display",
                **_translated("text", _ends(scale), study),
            }
            kind, value = ("decimal", "valueDecimal") if scale.decimals else ("integer", "valueInteger")
            limits = [{"url": _BOUND.format(side), value: bound} for side, bound in bounds]
            places = [{"url": _PLACES, "valueInteger": scale.decimals}] if scale.decimals else []
            return {"type": kind, "extension": limits + places, "item": [ends]}
        case ChoiceItem(options=options):
            return {"type": "choice", "answerOption": [_option(one, study) for one in options]}
        case MultipleChoiceItem(options=options):
            offered = [_option(one, study) for one in options]
            return {"type": "choice", "repeats": True, "answerOption": offered}
        case YesNoItem():
            return {"type": "boolean"}
        case TextItem():
            return {"type": "text"}
        case _:
            assert_never(item)


def _option(option: Option, study: Study) -> dict[str, Any]:
    made: dict[str, Any] = {"valueCoding": {"code": option.id, **_translated("display", option.text, study)}}
    if option.exclusive:
        made["extension"] = [{"url": _EXCLUSIVE, "valueBoolean": True}]
    return made


def _ends(scale: Scale) -> Texts:
    """The labels of a scale's ends, in each language."""
    return {code: f"{scale.min} = {low}, {scale.max} = {scale.high[code]}" for code, low in scale.low.items()}


def _enable(made: dict[str, Any], item: Item, study: Study, report: Report) -> None:
    flat = _flat(parse_condition(str(item.show_if)))
    if flat is None:
        report.lose(
            item.id,
            f"show_if {item.show_if!r}",
            "enableWhen cannot mix `and` with `or`; the item is always asked",
        )
        return
    word, leaves = flat
    whens = [_when(leaf, expected, study) for leaf, expected in leaves]
    if None in whens:
        report.lose(
            item.id, f"show_if {item.show_if!r}", "part of it can never be true; the item is always asked"
        )
        return
    made["enableWhen"] = whens
    if len(leaves) > 1:
        made["enableBehavior"] = "all" if word == "and" else "any"


_Leaves = list[tuple[Compare | Has, bool]]


def _flat(condition: Condition, expected: bool = True) -> tuple[str, _Leaves] | None:
    """The comparisons of a condition that uses only `and` or only `or`, each with the result it must have.

    None if the condition mixes both.
    """
    match condition:
        case Not(inner):
            return _flat(inner, not expected)
        case Both(word, left, right):
            word = word if expected else {"and": "or", "or": "and"}[word]
            parts = [_flat(left, expected), _flat(right, expected)]
            leaves: _Leaves = []
            for part in parts:
                if part is None or (len(part[1]) > 1 and part[0] != word):
                    return None
                leaves += part[1]
            return word, leaves
        case _:
            return "and", [(condition, expected)]


def _when(leaf: Compare | Has, expected: bool, study: Study) -> dict[str, Any] | None:
    """One comparison as enableWhen; None if it can never be true."""
    if isinstance(leaf, Has):
        operator = "=" if expected else "!="
        return {"question": leaf.item, "operator": operator, "answerCoding": {"code": leaf.option}}
    sign = leaf.sign if expected else OPPOSITE[leaf.sign]
    asked = study.item(leaf.item)
    if not isinstance(asked, YesNoItem):
        return {"question": leaf.item, "operator": sign, "answerInteger": leaf.number}
    answers = answers_of(Compare(leaf.item, sign, leaf.number))
    if len(answers) == 2:  # true for either answer
        return {"question": leaf.item, "operator": "exists", "answerBoolean": True}
    return {"question": leaf.item, "operator": "=", "answerBoolean": bool(answers[0])} if answers else None

"""A study's definition: arms and their phases, interventions, items, languages, schedule and safety.

A definition is immutable: `id@version` is stamped on every event, and a change is a new version.
"""

from schemas.study.arms import Arm, Condition, Intervention, InterventionKind, Level, Phase, Setting
from schemas.study.channels import ConversationOptions, Form
from schemas.study.definition import Study
from schemas.study.items import (
    ChoiceItem,
    ConditionText,
    Item,
    ItemKind,
    MultipleChoiceItem,
    Option,
    Scale,
    ScaleItem,
    TextItem,
    YesNoItem,
    options_of,
)
from schemas.study.safety import Contact, Safety
from schemas.study.schedule import (
    Adaptive,
    AroundPhase,
    EveryInterval,
    FixedTimes,
    OwnInitiative,
    PromptRule,
    QuietHours,
    RandomTimes,
    Rule,
    Schedule,
    Support,
    Weekday,
)
from schemas.study.texts import Text, Texts, TimeOfDay

__all__ = [
    "Adaptive",
    "Arm",
    "AroundPhase",
    "ChoiceItem",
    "Condition",
    "ConditionText",
    "Contact",
    "ConversationOptions",
    "EveryInterval",
    "FixedTimes",
    "Form",
    "Intervention",
    "InterventionKind",
    "Item",
    "ItemKind",
    "Level",
    "MultipleChoiceItem",
    "Option",
    "OwnInitiative",
    "Phase",
    "PromptRule",
    "QuietHours",
    "RandomTimes",
    "Rule",
    "Safety",
    "Scale",
    "ScaleItem",
    "Schedule",
    "Setting",
    "Study",
    "Support",
    "Text",
    "TextItem",
    "Texts",
    "TimeOfDay",
    "Weekday",
    "YesNoItem",
    "options_of",
]

"""The form of a catalogue entry. Each entry is defined next to the function that it describes."""

from dataclasses import dataclass

from schemas.events import Window


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A catalogue entry.

    Attributes:
        id: Its id in the data; a row's id is this, or this with a part after a slash.
        title: Its name.
        family: The title of its family.
        formula, unit: The formula and the unit, to be read by people.
        range: The values that it can take, such as "0 to 1".
        source: Author and year of the formula, or "this project".
        minimum: How many answers (or what `counted` names) a value needs.
        minimum_day: The same for the live one-day window.
        minimum_file: The same for a full record, if it differs from the live display.
        counted: What the minimum counts.
        edge_cases: When it is undefined, and its value for special inputs.
        interpretation: What a high value means, and what it does not mean.
        per_scale: Whether it is computed for each scale.
        by_checkin: Whether it uses check-ins one by one, whether they answer prompts or not; then there are
            also values from prompted check-ins, and from those on the participant's own initiative, alone.
        rolling: Whether it is computed live over 1, 7 and 28 days.
        research_only: Whether it is left out of dashboards for participants and staff.
    """

    id: str
    title: str
    family: str
    formula: str
    unit: str
    range: str
    source: str
    minimum: int
    minimum_day: int
    minimum_file: int | None = None
    counted: str = "answers"
    edge_cases: str
    interpretation: str
    per_scale: bool = False
    by_checkin: bool = False
    rolling: bool = False
    research_only: bool = False

    def minimum_in(self, window: Window) -> int:
        """How many answers a value needs in a window of that length."""
        return self.minimum_day if window == Window.DAY else self.minimum

    @property
    def minimum_whole(self) -> int:
        """How many answers a value needs over a full record."""
        return self.minimum if self.minimum_file is None else self.minimum_file

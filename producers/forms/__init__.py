"""The web form: fields, navigation, rendering and submission as pure functions, and feedback to people."""

"""The conversation by SMS, as pure functions: what a text means, and the events that follow from it.

`reading` is where the worker enters; `words` and `numbers` recognise commands and answers in every language
of `locales/`.
"""

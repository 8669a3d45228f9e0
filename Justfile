# `uv run just` works wherever uv does; `just` alone does so once it is installed.
set windows-shell := ["powershell.exe", "-NoLogo", "-Command"]

# Lint and the inner loop
default: lint test

# List every recipe
help:
    @just --list

# The inner loop, under a minute: no Kafka, no journeys, no slow tests, few examples of each law
test *ARGS:
    HYPOTHESIS_PROFILE=dev uv run pytest -q --ignore=tests/journeys -m "not kafka and not slow" {{ ARGS }}

# Everything, as CI runs it
test-all *ARGS:
    uv run pytest {{ ARGS }}

# Formatting, lint, types and the arrows between the rooms
lint:
    uv run ruff check .
    uv run ruff format --check .
    uv run mypy
    uv run lint-imports --no-cache
    uv run python .ci/find_secrets.py

# Known vulnerabilities of what is installed, where the advisories can be reached
audit:
    uv run python .ci/audit.py

# Mend what ruff can
fix:
    uv run ruff check --fix .
    uv run ruff format .

# Branch coverage of the rooms by the tests that run in one process; the slow ones are left out
coverage *ARGS:
    HYPOTHESIS_PROFILE=dev uv run pytest -q -m "not journey and not slow" --cov --cov-report=term {{ ARGS }}

# Write the reference pages in docs/ from the code
docs:
    uv run python -m wellstream.reference
    uv run python -m streams.indicators.reference_page

# Real Kafka, every service and a simulated study, on this machine
demo *ARGS:
    uv run wellstream demo {{ ARGS }}

# Measure speed; nothing in the tests does
bench NAME:
    uv run python -m benchmarks.{{ NAME }}

# Pin the newest versions that work together
pins:
    uv run python -m wellstream.operations.pins

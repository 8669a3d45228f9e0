"""`wellstream study`: checking, importing and exporting study definitions."""

import json

import typer

from wellstream.cli.formats import study_export, study_import
from wellstream.cli.study_check import study_check

app = typer.Typer(name="study", help="Check, import and export study definitions.", no_args_is_help=True)
app.command("check")(study_check)
app.command("import")(study_import)
app.command("export")(study_export)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a study definition, for editors.

    Example: `wellstream study schema > study.schema.json`
    """
    from schemas.study import Study

    print(json.dumps(Study.model_json_schema(), indent=2))

"""Study definitions in other formats: REDCap's data dictionary, XLSForm and FHIR.

Each format has a module for each direction: `redcap_export` and `redcap_import`, `xlsform_export` and
`xlsform_import`, `fhir` (export only); `starter` writes an imported study as YAML, `losses` reports what a
format cannot carry. Nothing is imported here, so that a command loads the library of its own format only.
"""

__all__ = [
    "fhir",
    "losses",
    "redcap_export",
    "redcap_import",
    "starter",
    "xlsform_export",
    "xlsform_import",
]

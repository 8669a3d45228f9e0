"""Study definitions in the formats of others: REDCap, XLSForm and FHIR."""

"""`python -m wellstream.reference` writes the reference pages."""

from wellstream.reference.pages import write_pages

for page in write_pages():
    print(page)

"""Compare pages, files and emails of two versions of the portal, to prove a refactoring harmless.

Serves a checkout with the demonstration data at a fixed moment, crawls it as a visitor, as
customers and as staff, has it send emails and text messages, and writes a file for each address.
White space between elements, hidden tokens, random ids and times of the run are left out.

    python -m tests.page_snapshots take FOLDER [--checkout PATH]
    python -m tests.page_snapshots compare BEFORE AFTER
"""

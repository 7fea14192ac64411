"""What is kept: the journal, the index of known ids, profiles, credentials."""

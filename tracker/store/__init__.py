"""The only room that speaks SQL: the archive (database, observed, derived), publishing (publish) and reading what is published (public)."""

"""The schema, in three numbered files that store applies in order: read these and you know the data."""

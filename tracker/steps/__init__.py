"""The legs of the corridor: each takes records from one room to the next; tracker/pipeline.py says in which order."""

"""Slow measurements of the tracker against gold sets and real corpora; each module is a command of its own."""

"""Tests of the demo world and of the servers that show articles on loopback."""

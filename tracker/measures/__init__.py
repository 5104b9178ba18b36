"""Findings become numbers: counts by day, outlet and side come in; shares, intervals, turning points and coverage go out. Pure."""

"""Passages and claims in, stances and voices out: the judge reads one pair at a time, evidence sums up."""

"""A small invented world of outlets and articles, served on loopback, with the truth about it and the score against it."""

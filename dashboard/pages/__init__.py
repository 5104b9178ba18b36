"""One script a page: it reads through data.py, arranges, and draws through charts.py."""

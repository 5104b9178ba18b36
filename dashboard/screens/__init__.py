"""One script a page: it reads through data.py, arranges, and draws through charts.py.

Not called pages: Streamlit takes a folder of that name beside the app for its older kind of navigation, and greets the first
visitor of /themes with "Page not found".
"""

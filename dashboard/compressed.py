"""The app behind gzip: what `streamlit run` starts (Streamlit sends its 4.7 MB chart code uncompressed; gzip makes that 1.4 MB)."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

app = st.App("app.py", middleware=[Middleware(GZipMiddleware, minimum_size=1024)])

"""Bytes become articles: FeedFetch and Page records come in; entries, articles, passages and stories go out. Pure."""

"""The web becomes records: addresses and feeds come in, FeedFetch and Page records go out. The only room that imports aiohttp."""

"""Articles become themes: embed, discover, link to last night's themes, label, and find the passages that bear on a claim."""

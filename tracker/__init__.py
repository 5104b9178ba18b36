"""Follows the stories that technology coverage tells: feeds come in, a published file of themes, volume and stance goes out."""

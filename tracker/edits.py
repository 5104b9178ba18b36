"""Our own edits of the two files people edit: comments, order and spelling of everything else stay as they are.

An edited file is checked like any other before it takes the old one's place, so a refused edit loses nothing.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tracker.errors import SettingsError
from tracker.settings import read_feeds, read_themes


def add_outlets(path: Path, outlets: Sequence[Mapping[str, Any]]) -> None:
    """Append outlets (keys as in feeds.yaml); one that stands there already gets the new feed addresses. Raises SettingsError."""

    def edit(document: Any) -> None:
        listed = document["outlets"]
        by_id = {entry["outlet"]: entry for entry in listed}
        for outlet in outlets:
            known = by_id.get(outlet["outlet"])
            if known is None:
                listed.append(dict(outlet))
                continue
            addresses = {feed if isinstance(feed, str) else feed["url"] for feed in known["feeds"]}
            known["feeds"].extend(feed for feed in outlet["feeds"] if feed not in addresses)

    _edit(path, "outlets", edit, read_feeds)


def add_theme(path: Path, theme: Mapping[str, Any]) -> None:
    """Append a theme (keys as in themes.yaml). Raises SettingsError, also when its slug stands there already."""
    _edit(path, "themes", lambda document: document["themes"].append(dict(theme)), read_themes)


def _edit(path: Path, key: str, edit: Callable[[Any], None], check: Callable[[Path], object]) -> None:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000  # long sentences stay on their line
    yaml.indent(mapping=2, sequence=4, offset=2)
    if path.exists():
        check(path)  # a file that is wrong already is named with its line
    try:
        document = yaml.load(path.read_text(encoding="utf-8")) if path.exists() else {key: []}
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    edit(document)
    text = io.StringIO()
    yaml.dump(document, text)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text.getvalue(), encoding="utf-8")
    try:
        check(draft)
    except SettingsError as error:
        draft.unlink()
        raise SettingsError(str(error).replace(str(draft), str(path)) + " Nothing was changed.") from None
    draft.replace(path)

"""Our own edits of the two files people edit: lines are put in or taken out, and every other byte stays as it is.

An edited file is checked like any other before it takes the old one's place, so a refused edit loses nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tracker import files
from tracker.errors import SettingsError
from tracker.settings import read_feeds, read_themes

# A comment like `# ------- news`: the outlets below it are of that kind
_HEADING = re.compile(r"^[ \t]*#[ \t]*[-=]{3,}[ \t]*(\w+)[ \t]*[-=]*[ \t]*\r?$", re.MULTILINE)
_COMMENT_LINES = re.compile(r"(?:[ \t]*#.*\n)*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed stands in feeds.yaml."""

    outlet: str
    line: int


@dataclass(frozen=True, slots=True)
class _Splice:
    """Put `new` where the characters from `start` to `end` stand."""

    start: int
    end: int
    new: str


_Edit: TypeAlias = Callable[[str, yaml.SequenceNode | None], Iterator[_Splice]]


def places(path: Path) -> dict[str, Place]:
    """Every feed address in feeds.yaml, enabled or not, and where it stands; none when there is no file. Raises SettingsError."""
    if not path.exists():
        return {}
    read_feeds(path)  # a file that is wrong is named with its line
    return {
        _address(feed): Place(str(_value(outlet, "outlet").value), feed.start_mark.line + 1)
        for outlet in _items(_listed(_text(path), "outlets"))
        for feed in _value(outlet, "feeds").value
    }


def add_outlets(path: Path, outlets: Sequence[Mapping[str, Any]]) -> None:
    """Add outlets (keys as in feeds.yaml) under their kind's heading, else at the end; a known one gets the addresses it lacks.

    Raises SettingsError.
    """

    def edit(text: str, listed: yaml.SequenceNode | None) -> Iterator[_Splice]:
        by_id = {_value(outlet, "outlet").value: outlet for outlet in _items(listed)}
        ends = {kind: _end_of_kind(text, listed, kind) for kind in {str(outlet.get("kind")) for outlet in outlets}}
        gap = _gap(text, listed)
        for outlet in outlets:  # first what goes inside an outlet: a new one may follow at the very same place
            if outlet["outlet"] in by_id:
                feeds = _value(by_id[outlet["outlet"]], "feeds")
                addresses = {_address(feed) for feed in feeds.value}
                lacking = (feed for feed in outlet["feeds"] if (feed if isinstance(feed, str) else feed["url"]) not in addresses)
                yield from (_new_item(text, feeds, feed) for feed in lacking)
        for outlet in outlets:
            if outlet["outlet"] not in by_id:
                yield _new_item(text, listed, outlet, gap, ends[str(outlet.get("kind"))])

    _edit(path, "outlets", edit, read_feeds)


def remove(path: Path, addresses: set[str]) -> None:
    """Take feeds out of feeds.yaml; an outlet goes with its last one. Comments on lines of their own stay. Raises SettingsError."""

    def edit(text: str, listed: yaml.SequenceNode | None) -> Iterator[_Splice]:
        for outlet in _items(listed):
            feeds = _value(outlet, "feeds")
            going = [feed for feed in feeds.value if _address(feed) in addresses]
            if len(going) == len(feeds.value):
                yield _cut(text, listed, outlet)
            else:
                yield from (_cut(text, feeds, feed) for feed in going)

    _edit(path, "outlets", edit, read_feeds)


def enable(path: Path, addresses: set[str], enabled: bool) -> None:
    """Pause feeds, or take them up again, without forgetting them. Raises SettingsError."""

    def edit(text: str, listed: yaml.SequenceNode | None) -> Iterator[_Splice]:
        for feeds in (_value(outlet, "feeds") for outlet in _items(listed)):
            for feed in (feed for feed in feeds.value if _address(feed) in addresses):
                yield from _switch(text, feed, enabled, is_flow=feeds.flow_style)

    _edit(path, "outlets", edit, read_feeds)


def add_theme(path: Path, theme: Mapping[str, Any]) -> None:
    """Append a theme (keys as in themes.yaml). Raises SettingsError, also when its slug stands there already."""
    _edit(path, "themes", lambda text, listed: iter([_new_item(text, listed, theme, _gap(text, listed))]), read_themes)


def _edit(path: Path, key: str, edit: _Edit, check: Callable[[Path], object]) -> None:
    if path.exists():
        check(path)  # a file that is wrong already is named with its line
    text = _text(path) if path.exists() else f"{key}:\n"
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    text = text if text.endswith("\n") else text + "\n"
    parts, done = [], 0
    for splice in sorted(edit(text, _listed(text, key)), key=lambda splice: splice.start):
        parts += [text[done : splice.start], splice.new]
        done = splice.end
    with files.whole(path) as draft:
        draft.write_text("".join([*parts, text[done:]]), encoding="utf-8", newline=newline)
        try:
            check(draft)
        except SettingsError as error:
            raise SettingsError(str(error).replace(str(draft), str(path)) + " Nothing was changed.") from None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None


def _listed(text: str, key: str) -> yaml.SequenceNode | None:
    """The list under a key; None while it is empty."""
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)  # the file was checked
    node = _value(root, key)
    return node if isinstance(node, yaml.SequenceNode) and node.value else None


def _items(listed: yaml.SequenceNode | None) -> list[yaml.MappingNode]:
    return list(listed.value) if listed else []


def _value(mapping: yaml.MappingNode, key: str) -> Any:
    return next(value for name, value in mapping.value if name.value == key)


def _address(feed: yaml.Node) -> str:
    return str(_value(feed, "url").value if isinstance(feed, yaml.MappingNode) else feed.value)


def _new_item(text: str, listed: yaml.SequenceNode | None, item: Any, gap: str = "", position: int | None = None) -> _Splice:
    """A further item of a list, written as its other items are; at its end unless a position is given."""
    if listed is None:
        return _begun(text, item)
    if listed.flow_style:
        written = yaml.dump([item], allow_unicode=True, default_flow_style=True, sort_keys=False, width=10**6).strip()
        end = _end(text, listed.value[-1])  # not before the bracket: a comma may stand there
        return _Splice(end, end, f", {written[1:-1]}")
    position = _line_end(text, _end(text, listed)) if position is None else position
    return _Splice(position, position, gap + _block(item, listed.start_mark.column, is_indented=_is_indented(listed)))


def _gap(text: str, listed: yaml.SequenceNode | None) -> str:
    """The blank line that stands between the items of a list, or ''."""
    return "\n" if listed and re.search(r"\n[ \t]*\n", text[listed.start_mark.index : _end(text, listed)]) else ""


def _switch(text: str, feed: yaml.Node, enabled: bool, *, is_flow: bool) -> Iterator[_Splice]:
    """`enabled` of one feed set; `is_flow`: the feeds stand in brackets."""
    word = "true" if enabled else "false"
    start, end = feed.start_mark.index, _end(text, feed)
    line_end = _line_end(text, end) - 1
    below = _Splice(line_end, line_end, f"\n{' ' * feed.start_mark.column}enabled: {word}")
    if isinstance(feed, yaml.MappingNode):
        known = next((value for key, value in feed.value if key.value == "enabled"), None)
        last = _end(text, feed.value[-1][1])
        if known:
            yield _Splice(known.start_mark.index, known.end_mark.index, word)
        elif feed.flow_style:
            yield _Splice(last, last, f", enabled: {word}")
        else:
            yield below
    elif not enabled:  # a plain address is enabled already
        yield _Splice(start, start, "{url: " if is_flow else "url: ")
        yield _Splice(end, end, f", enabled: {word}}}") if is_flow else below


def _begun(text: str, item: Any) -> _Splice:
    """The first item of a list that is written as nothing or as []."""
    found = re.search(r"^\w+:([ \t]*(?:\[[ \t]*\])?[ \t]*)$", text, re.MULTILINE)
    if found is None:
        raise SettingsError("the list in this file is written in a way that cannot be edited by program; write it with dashes.")
    start, end = found.span(1)
    return _Splice(start, end, "\n" + _block(item, 2, is_indented=True).rstrip("\n"))


def _block(item: Any, column: int, *, is_indented: bool) -> str:
    """The item after a dash, as lines."""

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, indentless=indentless and not is_indented)

    written = yaml.dump([item], Dumper=Dumper, allow_unicode=True, sort_keys=False, width=10**6)  # sentences stay on their line
    offset = len(written) - len(written.lstrip(" "))
    return "".join(" " * column + line[offset:] + "\n" for line in written.splitlines())


def _is_indented(listed: yaml.SequenceNode) -> bool:
    """Whether lists inside the items of this one stand further right than their key."""
    inner = (
        (key.start_mark.column, value.start_mark.column)
        for item in listed.value
        if isinstance(item, yaml.MappingNode)
        for key, value in item.value
        if isinstance(value, yaml.SequenceNode) and not value.flow_style
    )
    own, of_list = next(inner, (0, 2))
    return of_list > own


def _end_of_kind(text: str, listed: yaml.SequenceNode | None, kind: str) -> int | None:
    """Where the outlets below the heading of this kind end; None without such a heading."""
    headings = list(_HEADING.finditer(text))
    mine = next((i for i, heading in enumerate(headings) if heading[1].lower() == kind), None)
    if mine is None or listed is None or listed.flow_style:
        return None
    start, stop = headings[mine].end(), headings[mine + 1].start() if mine + 1 < len(headings) else len(text)
    inside = [item for item in listed.value if start <= item.start_mark.index < stop]
    if inside:
        return _line_end(text, _end(text, inside[-1]))
    below = _COMMENT_LINES.match(text, _line_end(text, start))
    return below.end() if below else None


def _cut(text: str, listed: yaml.SequenceNode | None, item: yaml.Node) -> _Splice:
    """An item out of its list, with the comment on its own lines, and with one of two blank lines around it."""
    assert listed is not None
    if listed.flow_style:
        i = listed.value.index(item)
        if i + 1 < len(listed.value):
            return _Splice(item.start_mark.index, listed.value[i + 1].start_mark.index, "")
        return _Splice(_end(text, listed.value[i - 1]), _end(text, item), "")
    start = text.rfind("\n", 0, item.start_mark.index) + 1
    end = _line_end(text, _end(text, item))
    if text[:start].endswith("\n\n") and text[end : end + 1] in ("\n", ""):
        start -= 1
    return _Splice(start, end, "")


def _end(text: str, node: yaml.Node) -> int:
    """Where the last character of a node stands; a block's own end mark lies beyond the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    end = int(node.end_mark.index)
    while text[end - 1].isspace():
        end -= 1
    return end


def _line_end(text: str, position: int) -> int:
    """The beginning of the next line."""
    return text.index("\n", position) + 1

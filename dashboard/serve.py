"""A port and a data folder come in; the command and the environment that start the dashboard go out."""

import sys
from collections.abc import Mapping
from pathlib import Path

ENTRY = Path(__file__).with_name("compressed.py")


def command(port: int) -> list[str]:
    """The command line of a server on this machine only; put a proxy before it to let others in (its SQL page runs what they type)."""
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "client.disableDataExport": "true",  # its own CSV button writes cells that a spreadsheet runs as formulas; ours do not
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(ENTRY), *flags]


def environment(data: Path) -> Mapping[str, str]:
    """What to add to the environment: where the published file is."""
    return {"TRACKER_DATA": str(data.resolve())}

"""The exceptions of the program: what we or the operator do wrong. What the web does wrong is a record, never an exception.

TrackerError
├── SettingsError   a file or option is wrong: names the file, the key and the fix
├── StoreError      a database is missing, locked, damaged, or newer than this code
│   ├── InUseError    another run holds the archive
│   └── DamagedError  the archive's file was altered or lost a part
└── ModelError      a model is absent, altered, or answered something we cannot read
"""

import re

# Where an address carries a secret, and what is shown instead; Python's re and DuckDB's RE2 read both patterns alike
SECRETS = (
    (r"""(?i)\b([a-z][a-z0-9+.-]*://)[^/?#\s"'<>\\]*@""", r"\1***@"),
    (
        r"""(?i)([?&;#](?:[a-z0-9._-]*[._-])?(?:api_?key|auth|credential|key|pass|passwd|password|pwd|secret|sig|signature|token)=)[^&;#\s"'<>\\]*""",
        r"\1***",
    ),
)


def redacted(text: str) -> str:
    """The text, with the user, password and tokens of every address in it replaced by ***."""
    for pattern, shown in SECRETS:
        text = re.sub(pattern, shown, text)
    return text


class TrackerError(Exception):
    """Base of everything this program raises on purpose; the message is one line that says what to do."""


class SettingsError(TrackerError):
    """A settings file, an option or an environment variable is wrong."""


class StoreError(TrackerError):
    """A database is missing, locked by another run, damaged, or written by newer code."""


class InUseError(StoreError):
    """Another run holds the archive: nothing is wrong, it has to be waited for."""


class DamagedError(StoreError):
    """The archive's file was altered or lost a part: nothing may be written to it."""


class ModelError(TrackerError):
    """A model file is absent or altered, or a model's answer cannot be read."""

# The verbs of this project; each is one command that also works without `just`. `just` alone lists them.

_list:
    @just --list --unsorted

# install everything into .venv
setup:
    uv sync --locked

# all tests
test *arguments:
    uv run pytest {{ arguments }}

# everything that must hold before a commit: lint, types, floors, tests
check:
    uv run ruff check
    uv run mypy
    uv run lint-imports
    uv run pytest

# put the code into shape: fix what ruff can fix, then format
fix:
    uv run ruff check --fix
    uv run ruff format

# try it on a small invented world
demo:
    uv run tracker demo

# the nightly job on feeds.yaml and themes.yaml
night:
    uv run tracker run

# look at what is published
dashboard:
    uv run tracker dashboard

# write docs/columns.md from the comments in tracker/sql/3_public.sql
columns:
    uv run python docs/columns.py > docs/columns.md.new && mv docs/columns.md.new docs/columns.md

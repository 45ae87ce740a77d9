"""``python -m orientation.cli``: what the launcher runs."""

from orientation.cli import main

main()

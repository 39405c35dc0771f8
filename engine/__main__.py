"""``python -m engine``: the questions of the pages without a browser."""

import sys

from engine.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m nivo_tui`."""

import sys

from nivo_tui.cli import main

sys.exit(main())

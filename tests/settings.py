"""The product's own settings, in test mode, for pytest and for the type checker."""

import os

os.environ["RECOVERY_MODE"] = "test"

from recovery.settings import *  # noqa: F403 - the mode must be set before the settings are read

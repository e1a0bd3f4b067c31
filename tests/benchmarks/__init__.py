"""Benchmarks: `python -m tests.benchmarks.NAME [--short]`. Whatever is imported from here stands on its ground."""

import tests.benchmarks.ground  # noqa: F401 - the settings must stand before anything of the product is imported

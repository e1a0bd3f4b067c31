"""Proof that reminders are neither lost nor doubled: real processes, killed at named points, judged from outside.

`python -m tests.faults.NAME`; with --short it is over in seconds to minutes. The figures stand on the last line, and
the end is non-zero when a promise breaks. Nothing in the product knows of this: a child process wraps the product's
functions by name (`points`) and kills itself there. What was sent is what a mail server of our own wrote into its
journal before it answered (`sink`); what should have been is worked out anew, without the product's code (`model`).
"""

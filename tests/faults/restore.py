"""A database that comes back from a backup sends nothing until somebody has looked: on both databases, by both signs.

A backup is made while messages wait; what it knows goes on and is sent; then it comes back, as another database or in
the place of the first. Promise: no mail until `resume_sending`; after it what fell due in between is listed as expired
with its reason, and the next day's reminders come once.
"""

"""10,000 reminders that fall due in one minute, handed to a mail server by one sender, on PostgreSQL.

Promises: all within 5 minutes, none lost, none doubled.
Measured beside it in the same run: the bare claims without mail, and the mail without a database.
"""

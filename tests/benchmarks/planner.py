"""What one tick of the planner costs, by the number of patients: 500 plans are due, whoever else there is.

Promises: the same statements at 1,000, 10,000 and 100,000 patients; at 100,000 at most 1.5 times the time of 1,000.
Works on SQLite too.
"""

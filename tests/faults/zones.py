"""Every local date is reminded of exactly once, in every zone there is, through both nights on which clocks change.

Promise: for every zone of the system's database, 400 days and five hours on the wall, the instant that the product
works out is the one that an independent walk along UTC finds; and what its planner and dispatcher make of it in 12
zones, with a restart in the middle, is one message a date: none lost, none doubled.
"""

"""A believable clinic of made-up people, told day by day and recorded through the services as a clinic would do it."""

"""What the product says of itself, as data: what it promises, what could go wrong, what it stores; each with its proof."""

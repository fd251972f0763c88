"""Orders: cart, checkout, the order's page; ``workflow`` alone tells the engine of sales."""

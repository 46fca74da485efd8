"""Events of contracts: what customers read of them, and the facts that lead to them."""

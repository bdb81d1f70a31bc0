"""Money: what a plant costs to build, what its years cost and earn, and what its doses must sell for."""

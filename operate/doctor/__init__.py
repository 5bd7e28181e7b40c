"""`make doctor`: what minipush itself says of its state, and what AWS knows of the stack, each with the next command."""

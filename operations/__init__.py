"""What an operator does with a deployed stack, on AWS or on this machine."""

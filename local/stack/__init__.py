"""The stack on this machine: built and deployed by sam to an emulator of AWS, with a simulated Giosg beside it."""

from local.stack.local_stack import LocalStack

__all__ = ["LocalStack"]

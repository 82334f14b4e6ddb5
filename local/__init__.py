"""The stack on this machine: an emulator of AWS and a simulated Giosg."""

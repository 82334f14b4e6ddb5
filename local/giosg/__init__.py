"""The simulated Giosg: a stand-in for the platform over real HTTP, made from its public documentation alone."""

from local.giosg.delivery import Target
from local.giosg.faults import Fault
from local.giosg.lifecycle import ChatIsEnded
from local.giosg.notifications import Notification
from local.giosg.simulation import SimulatedGiosg

__all__ = ["ChatIsEnded", "Fault", "Notification", "SimulatedGiosg", "Target"]

"""The simulated Giosg: a stand-in for the platform over real HTTP, made from its public documentation alone."""

from local.giosg.faults.faults import Fault
from local.giosg.simulation import SimulatedGiosg
from local.giosg.state.lifecycle import ChatIsEnded
from local.giosg.webhooks.delivery import Target
from local.giosg.webhooks.notifications import Notification

__all__ = ["ChatIsEnded", "Fault", "Notification", "SimulatedGiosg", "Target"]

"""Payments that are confirmed in real time: one desk for every channel."""

from piaolian_oracle.realtime.desk import CodeQuestion, ConfirmationDesk
from piaolian_oracle.realtime.model import Channel, Confirmation

__all__ = ["Channel", "CodeQuestion", "Confirmation", "ConfirmationDesk"]

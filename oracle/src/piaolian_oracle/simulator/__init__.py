"""A simulated bank for demo and tests: camt.054 files into the folders of several oracles, CFX and HTTP confirmations.

>>> from datetime import date
>>> from pathlib import Path
>>> from tempfile import mkdtemp
>>> from piaolian_oracle.simulator import Movement, SimulatedBank
>>> folders = [Path(mkdtemp()) for _ in range(3)]
>>> bank = SimulatedBank("0000000000000000001", folders)
>>> bank.send([Movement("B0001", "80.00", date(2026, 5, 12), "32099926300000000001")])
1
>>> sorted(path.name for path in folders[2].iterdir())
['camt054_000001.xml']
"""

from piaolian_oracle.simulator.bank import SimulatedBank, file_name, put_file
from piaolian_oracle.simulator.finance import SimulatedFinance, call_back, confirm, confirmation_of
from piaolian_oracle.simulator.message import Message, Movement, write_message

__all__ = [
    "Message",
    "Movement",
    "SimulatedBank",
    "SimulatedFinance",
    "call_back",
    "confirm",
    "confirmation_of",
    "file_name",
    "put_file",
    "write_message",
]

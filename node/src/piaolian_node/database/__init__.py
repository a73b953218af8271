"""Tables, migrations and the one way to open a transaction.

Records (never made again): ``records`` tables. Index (made again from chain, bodies and records): ``index`` tables.
"""

from piaolian_node.database.engine import Database

__all__ = ["Database"]

"""Command line: check a receipt, verify it against a chain, list the rules.

::

    piaolian receipt check 票据.xml
    piaolian verify 票据.xml --proof 证明.json --rpc http://127.0.0.1:8545 --address-book 地址簿.json --trust 根证书.pem
    piaolian rules

Exit codes: 0 in order, 1 refused, 2 wrong use, 3 a node or the chain does not answer.
"""

from piaolian_sdk.cli.main import main

__all__ = ["main"]

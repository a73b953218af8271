"""Command line: check a receipt, verify it against a chain, list the rules.

::

    piaolian receipt check 票据.xml
    piaolian receipt verify 票据.xml --trust 根证书.pem 吊销列表.pem
    piaolian receipt disclose 票据.xml --field Main/TotalAmount --seed-file 种子.txt --output 披露.json
    piaolian receipt verify 披露.json --proof 证明.json
    piaolian verify 票据.xml --proof 证明.json --rpc http://127.0.0.1:8545 --address-book 地址簿.json --trust 根证书.pem
    piaolian rules

Exit codes: 0 in order, 1 refused, 2 wrong use, 3 a node or the chain does not answer.
"""

from piaolian_sdk.cli.main import main

__all__ = ["main"]

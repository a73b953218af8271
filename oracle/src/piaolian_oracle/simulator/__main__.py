"""Sends one statement.

`python -m piaolian_oracle.simulator --account A --folder F --folder G --pay CODE,AMOUNT,DAY,REFERENCE`
"""

import argparse
import sys
from datetime import date
from pathlib import Path

from piaolian_oracle.simulator import Movement, SimulatedBank

_PARTS_OF_A_PAYMENT = 4


def main() -> None:
    """Read the arguments, send the statement, say its number."""
    parser = argparse.ArgumentParser(prog="piaolian_oracle.simulator", description="模拟银行: 发送一份 camt.054 对账单")
    parser.add_argument("--account", required=True, help="财政账户")
    parser.add_argument("--folder", required=True, action="append", type=Path, help="接收目录, 可重复")
    parser.add_argument(
        "--pay", action="append", type=_movement, default=[], help="缴款码,金额,起息日(YYYY-MM-DD),银行流水号; 可重复"
    )
    arguments = parser.parse_args()
    number = SimulatedBank(arguments.account, arguments.folder).send(arguments.pay)
    sys.stdout.write(f"已发送第 {number} 号对账单, 共 {len(arguments.pay)} 笔\n")


def _movement(text: str) -> Movement:
    parts = text.split(",")
    if len(parts) != _PARTS_OF_A_PAYMENT:
        raise argparse.ArgumentTypeError("应为 缴款码,金额,起息日,银行流水号")
    code, amount, day, reference = parts
    try:
        return Movement(reference, amount, date.fromisoformat(day), code)
    except ValueError as exc:
        raise argparse.ArgumentTypeError("起息日应为 YYYY-MM-DD") from exc


if __name__ == "__main__":
    main()

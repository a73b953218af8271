"""The plan of a deployment, and the table of roles."""

import json
from pathlib import Path

from piaolian_network import deploy
from piaolian_network.deploy import Setup
from piaolian_network.roles import ADMINISTRATOR_FUNCTIONS, FUNCTION_ROLES, Role

ACCOUNT = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"
DECIDED = json.loads((Path(__file__).parents[3] / "contracts" / "roles.json").read_text(encoding="utf-8"))


def test_create_address__known_account__gives_known_contracts() -> None:
    # The worked example of https://ethereum.stackexchange.com/questions/760.
    account = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"
    assert deploy.create_address(account, 0) == "0xcd234A471b72ba2F1Ccf0A70FCABA648a5eeCD8d"
    assert deploy.create_address(account, 1) == "0x343c43A37D37dfF08AE8C4A11544c718AbB4fCF8"


def test_area_prefix__leading_zero__is_kept() -> None:
    assert [deploy.area_prefix(digits) for digits in ("32", "3209", "010203")] == [132, 13209, 1010203]


def test_roles__numbers__are_those_of_the_contracts() -> None:
    assert {role.name: int(role) for role in Role} == DECIDED["roles"]


def test_roles__table__is_that_of_the_contracts() -> None:
    for contract, table in DECIDED["functions"].items():
        for name, functions in table.items():
            ours = (
                ADMINISTRATOR_FUNCTIONS[contract] if name == "ADMIN" else FUNCTION_ROLES[contract].get(Role[name], ())
            )
            assert sorted(ours) == sorted(functions), f"{contract} {name}"
    assert DECIDED["functions"].keys() == FUNCTION_ROLES.keys() == ADMINISTRATOR_FUNCTIONS.keys()


def test_plan__same_input__is_the_same_and_addresses_follow_from_the_nonce() -> None:
    plan = deploy.make_plan(ACCOUNT, 5, Setup(supervisors={ACCOUNT: "32"}))
    assert plan == deploy.make_plan(ACCOUNT, 5, Setup(supervisors={ACCOUNT: "32"}))
    created = [position for position, order in enumerate(plan.orders) if order.to is None]
    expected = {deploy.create_address(ACCOUNT, 5 + position) for position in created}
    assert {*plan.addresses.values(), *plan.implementations.values()} == expected


def test_plan__administrator_delay__is_the_last_order() -> None:
    plan = deploy.make_plan(ACCOUNT, 0, Setup(administrator_delay_seconds=86_400))
    assert plan.orders[-1].label == "administrator's delay"
    assert not any("delay" in order.label for order in deploy.make_plan(ACCOUNT, 0, Setup()).orders)

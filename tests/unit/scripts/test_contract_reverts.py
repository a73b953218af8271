"""Refusals of the contracts: strings, empty reverts, assembly and untested errors are found in the syntax trees."""

from contracts.tools.compiler import compiled
from contracts.tools.reverts import faults

_SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;
contract Sample {
    /// @notice Documented, raised and expected.
    error Good(uint256 value);
    /// @notice Raised by a require.
    error AlsoGood(uint256 value);
    /// @notice No test expects it.
    error Untested(uint256 value);
    /// @notice Nothing raises it.
    error Never(uint256 value);
    error Empty();
    function good(uint256 x) external pure { if (x == 7) revert Good(x); require(x != 8, AlsoGood(x)); }
    function untested(uint256 x) external pure { if (x == 7) revert Untested(x); if (x == 8) revert Empty(); }
    function text(uint256 x) external pure { require(x > 1, "text"); if (x == 7) revert("text"); }
    function nothing(uint256 x) external pure { require(x > 1); if (x == 7) revert(); assert(x != 8); }
    function inAssembly(uint256 x) external pure { assembly { if x { revert(0, 0) } invalid() } }
}"""


def test_faults__one_of_each_kind__are_named() -> None:
    output = compiled({"src/Sample.sol": _SOURCE}, {"*": {"": ["ast"]}})
    trees = {name: part["ast"] for name, part in output["sources"].items()}
    assert faults(trees, ["Good.selector AlsoGood.selector", "Empty.selector"]) == [
        "src/Sample.sol: error Empty has no NatSpec",
        "src/Sample.sol: require without a custom error",
        "src/Sample.sol: revert without a custom error",
        "src/Sample.sol: require without a custom error",
        "src/Sample.sol: revert without a custom error",
        "src/Sample.sol: assert without a custom error",
        "src/Sample.sol: revert in assembly",
        "src/Sample.sol: invalid in assembly",
        "error Empty: has no values",
        "error Never: nothing raises it",
        "error Untested: no test expects it",
    ]

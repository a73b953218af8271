// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice What the ledgers must hold, kept beside them by the rules of the design and by none of their code.
/// @dev Three units, two of them in one region, each with a range for receipts by list, by code, payment codes and
/// paper. The clock is kept here, since a warp does not outlast one call of a campaign.
abstract contract Ghost is ReceiptActsTest {
    /// @dev A unit with its present ranges and the accounts that act for its area.
    struct Desk {
        uint32 unit;
        uint256 key;
        address node;
        address maker;
        address checker;
        uint16 item; // for receipts of the kind KIND_CODE
        uint64 payPrefix;
        uint32 listRange;
        uint32 codeRange;
        uint32 payRange;
        uint32 paperRange;
    }

    struct Code {
        uint256 desk;
        uint32 range;
        uint40 sequence;
        uint48 amountFen;
        uint32 dueDay;
        bytes32 linesHash;
        bool cancelled;
        bool paid; // stays when used, ends with `ended`
        bool used;
        bool ended;
        bool refunded;
    }

    /// @dev Suspended money of a code.
    struct Money {
        uint256 code;
        bytes32 id;
        uint48 amountFen;
        uint64 reference_;
        IPaymentTypes.SuspenseReason reason;
        IPaymentTypes.Resolution resolution;
    }

    struct Receipt {
        uint256 desk;
        uint256 batch;
        uint256 code; // by code
        uint40 number;
        uint48 amountFen;
        bytes32 amount;
        bytes32 linesHash;
        uint128 paymentCode;
        bool red;
        bool reversed;
        uint32 paperRange;
        uint40 paperNumber;
        uint32 counter;
        uint32[2] shares; // of the two bookers, billionths
    }

    struct Batch {
        uint64 rootId;
        uint16 position;
        IReceiptTypes.Header header;
        bytes32[] leaves;
    }

    struct Month {
        uint256 desk;
        uint16 kind;
        uint32 month;
        IReceiptTypes.Totals totals;
        bool closed;
    }

    Desk[] internal desks;
    Code[] internal codes;
    Money[] internal moneys;
    Receipt[] internal booklets; // all receipts, blue and red
    Batch[] internal batches;
    Month[] internal months;
    uint32[] internal ranges;

    mapping(uint32 range => mapping(uint40 sequence => uint256)) internal codeAt; // place + 1
    mapping(bytes32 entry => bool) internal settled; // (range, sequence, reference) had its effect
    mapping(uint64 rootId => bytes32[]) internal headersOf;
    mapping(bytes32 key => uint256) internal monthAt; // place + 1
    mapping(bytes32 key => uint256) internal extendedUntil;
    mapping(uint64 prefix => mapping(uint40 number => bool)) internal claimed; // a receipt number that is gone for ever
    mapping(uint32 range => uint256) internal claims;
    mapping(uint32 range => mapping(uint40 number => bool)) internal voided;
    mapping(uint32 range => mapping(uint40 number => bool)) internal papersUsed;
    uint40[2][] internal voidRuns; // range, number of the first void number of each run
    mapping(string action => uint256) public done;

    uint256 internal clock;
    uint256 internal received;
    uint256 internal refunded;
    uint256 private _unique;

    modifier timed() {
        VM.warp(clock);
        _;
    }

    /// @dev A number that no call has had.
    function _fresh() internal returns (uint256) {
        return ++_unique;
    }

    function _done(string memory action) internal {
        ++done[action];
    }

    function _keyOf(uint256 desk, uint16 kind, uint32 month) internal pure returns (bytes32) {
        return keccak256(abi.encode(desk, kind, month));
    }

    function _entryKey(uint32 range, uint40 sequence, uint64 reference_) internal pure returns (bytes32) {
        return keccak256(abi.encode(range, sequence, reference_));
    }

    /// @dev Takes a receipt number out of the world; it must not have been taken before.
    function _claim(uint64 prefix, uint32 range, uint40 number) internal {
        VM.assertFalse(claimed[prefix][number], "a number was issued twice");
        claimed[prefix][number] = true;
        if (claims[range]++ == 0) ranges.push(range);
    }

    function _monthOfDesk(uint256 desk, uint16 kind, uint32 month) internal returns (Month storage found) {
        bytes32 key = _keyOf(desk, kind, month);
        if (monthAt[key] == 0) {
            Month storage created = months.push();
            (created.desk, created.kind, created.month) = (desk, kind, month);
            monthAt[key] = months.length;
        }
        return months[monthAt[key] - 1];
    }

    /// @dev Place of the oldest month that is not closed, plus 1.
    function _oldestOpen(uint256 desk, uint16 kind) internal view returns (uint256 place) {
        for (uint256 i = 0; i < months.length; ++i) {
            Month storage month = months[i];
            if (month.desk != desk || month.kind != kind || month.closed) continue;
            if (place == 0 || month.month < months[place - 1].month) place = i + 1;
        }
    }

    /// @dev Last second at which the desk may issue with the month open: 30 days and the weekend that follows.
    function _lastSecondOf(uint256 desk, Month storage month) internal view returns (uint256 last) {
        uint32 day = _firstDayOf(month.month + 1) - 1 + 30;
        while ((day + 4) % 7 == 0 || (day + 4) % 7 == 6) ++day;
        last = uint256(day + 1) * 1 days - 8 hours - 1;
        uint256 extension = extendedUntil[_keyOf(desk, month.kind, 0)];
        if (extension > last) last = extension;
    }

    function _isOverdue(uint256 desk, uint16 kind) internal view returns (bool) {
        uint256 place = _oldestOpen(desk, kind);
        return place != 0 && clock > _lastSecondOf(desk, months[place - 1]);
    }

    function _today() internal view returns (uint32) {
        return uint32((clock + 8 hours) / 1 days);
    }

    /// @dev First day of a month from January 2026 to December 2027, counted off.
    function _firstDayOf(uint32 month) internal pure returns (uint32 day) {
        day = 20_454; // 2026-01-01
        for (uint32 at = 2026 * 12; at < month; ++at) {
            uint32 ofYear = at % 12;
            if (ofYear == 1) day += 28;
            else day += (ofYear == 3 || ofYear == 5 || ofYear == 8 || ofYear == 10) ? 30 : 31;
        }
    }

    function _monthOfDay(uint32 day) internal pure returns (uint32 month) {
        month = 2026 * 12;
        while (_firstDayOf(month + 1) <= day) ++month;
    }

    /// @dev A deadline that the present act meets.
    function _soon() internal view returns (uint64) {
        return uint64(clock + 10 minutes);
    }

    // --- the network of the campaign

    function setUp() public override {
        super.setUp();
        clock = NOW;
        VM.startPrank(ADMIN);
        address checker = address(0x5004);
        manager.grantRole(SUPERVISOR, checker, 0);
        registry.setArea(checker, 133);
        VM.stopPrank();
        _open(unitA, KEY_A, [NODE_32, SUPER, CHECKER], listPool, codePool, payPool, paperPool);
        _open(unitB, KEY_B, [NODE_32, SUPER, CHECKER], listPool, codePool, payPool, paperPool);
        VM.startPrank(SUPER_33);
        registry.setItem(133, "060101", _version(1, 10_000_000, 0));
        uint32 list = registry.openPool(IRegistry.RangeClass.Receipt, 133, 33_060_126, 1, 1_000_000);
        uint32 code = registry.openPool(IRegistry.RangeClass.Receipt, 133, 33_010_126, 1, 1_000_000);
        uint32 pay = registry.openPool(IRegistry.RangeClass.PaymentCode, 133, 3_301_002_630, 1, 1_000_000);
        uint32 paper = registry.openPool(IRegistry.RangeClass.Paper, 133, PAPER_CODE, 1, 1_000_000);
        VM.stopPrank();
        _open(unitC, KEY_C, [NODE_33, SUPER_33, checker], list, code, pay, paper);
    }

    function _open(
        uint32 unit,
        uint256 key,
        address[3] memory accounts,
        uint32 list,
        uint32 code,
        uint32 pay,
        uint32 paper
    ) private {
        Desk storage desk = desks.push();
        (desk.unit, desk.key) = (unit, key);
        (desk.node, desk.maker, desk.checker) = (accounts[0], accounts[1], accounts[2]);
        desk.item = registry.itemIdOf(registry.areaOf(desk.maker), "060101");
        desk.payPrefix = registry.poolOf(pay).prefix;
        VM.startPrank(desk.maker);
        desk.listRange = registry.allot(list, unit, 20_000, KIND_LIST, IRegistry.ControlMode.ByList, 1);
        desk.codeRange = registry.allot(code, unit, 20_000, KIND_CODE, IRegistry.ControlMode.ByCode, 1);
        desk.payRange = registry.allot(pay, unit, 20_000, KIND_CODE, IRegistry.ControlMode.None, 1);
        desk.paperRange = registry.allot(paper, unit, 20_000, 0, IRegistry.ControlMode.None, 1);
        VM.stopPrank();
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {Cheats} from "../support/Cheats.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice Whatever numbers are given, by whoever is allowed to give them and signed: the answer is success or a custom
/// error, never Panic, Error(string) or nothing.
/// @dev Numbers are drawn near the ends of their types and near what exists, where arithmetic breaks.
contract RefusalsFuzzTest is ReceiptActsTest {
    uint256 private _seed;

    /// @dev Another number at each call.
    function _next() private returns (uint256) {
        return _seed = uint256(keccak256(abi.encode(_seed)));
    }

    /// @dev A number of so many bits: at its ends, small, near a known one, or anything.
    function _pick(uint256 bits, uint256 known) private returns (uint256) {
        uint256 greatest = (1 << bits) - 1;
        uint256 seed = _next();
        uint256 how = seed % 6;
        uint256 some = (seed >> 8) % 4;
        if (how == 0) return some;
        if (how == 1) return greatest - some;
        if (how == 2) return (seed >> 16) & greatest;
        if (how == 3) return (known + some) & greatest;
        return known & greatest;
    }

    function _try(address sender, address target, bytes memory data) private {
        VM.recordLogs();
        VM.prank(sender);
        (bool success, bytes memory error) = target.call(data);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length && success; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IReceiptTypes.BatchRefused.selector || topic == IPaymentTypes.NoticeRefused.selector) {
                (,, error) = abi.decode(logs[i].data, (uint40, uint16, bytes));
                success = false;
            }
        }
        if (success) return;
        VM.assertGt(error.length, 3, "refused without a reason");
        bytes4 selector = bytes4(error);
        VM.assertFalse(selector == bytes4(keccak256("Panic(uint256)")), "Panic");
        VM.assertFalse(selector == bytes4(keccak256("Error(string)")), "Error(string)");
    }

    function _start(uint256 seed) private {
        _seed = seed;
        _issueList(1, 5);
        _notify(1, 5);
        _pay(1, 3);
    }

    // --- receipts

    function test_fuzz_issueByList(uint256 seed) public {
        _start(seed);
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 6, 2);
        batch.count = uint32(_pick(32, 2));
        batch.first = uint40(_pick(40, 6));
        batch.range = uint32(_pick(32, listRange));
        batch.issueDay = uint32(_pick(32, TODAY));
        batch.totalFen = uint64(_pick(64, 1));
        batch.catalogVersion = uint32(_pick(32, batch.catalogVersion));
        batch.deadline = uint64(_pick(64, DEADLINE));
        _signIssue(KEY_A, batch, 2);
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.issue, (_one(batch))));
    }

    function test_fuzz_issueByCode(uint256 seed) public {
        _start(seed);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        batch.count = uint32(_pick(32, 2));
        batch.first = uint40(_pick(40, 1));
        batch.paymentRange = uint32(_pick(32, payRange));
        batch.paymentSequences = abi.encodePacked(uint40(_pick(40, 1)), uint40(_pick(40, 2)));
        batch.issueDay = uint32(_pick(32, TODAY));
        batch.totalFen = uint64(_pick(64, batch.totalFen));
        _signIssue(KEY_A, batch, 1);
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.issue, (_one(batch))));
    }

    function test_fuzz_void(uint256 seed) public {
        _start(seed);
        IReceiptTypes.VoidAct memory act =
            _voidAct(uint32(_pick(32, listRange)), uint40(_pick(40, 6)), uint32(_pick(32, 2)));
        act.deadline = uint64(_pick(64, DEADLINE));
        _signVoid(KEY_A, act);
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.voidNumbers, (act)));
    }

    function test_fuzz_reverse(uint256 seed) public {
        _seed = seed;
        IReceiptTypes.Opening memory original = _opening(_issueList(1, 5), 1, 2);
        IReceiptTypes.ReverseAct memory act =
            _reverseAct(original, uint32(_pick(32, listRange)), uint40(_pick(40, 6)), uint48(_pick(48, _fenOf(2))));
        act.issueDay = uint32(_pick(32, TODAY));
        act.catalogVersion = uint32(_pick(32, act.catalogVersion));
        act.deadline = uint64(_pick(64, DEADLINE));
        _signReverse(KEY_A, act);
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.reverse, (act)));
    }

    function test_fuzz_openingAndBooking(uint256 seed) public {
        _seed = seed;
        IReceiptTypes.Opening memory opening = _opening(_issueList(1, 5), 1, 2);
        opening.rootId = uint64(_pick(64, 1));
        opening.position = uint16(_pick(16, 0));
        opening.number = uint40(_pick(40, 2));
        opening.header.first = uint40(_pick(40, 1));
        opening.header.count = uint32(_pick(32, 5));
        opening.rootPath = new bytes32[](_pick(4, 0));
        if (_next() % 2 == 0) opening.unitPath = new bytes32[](_pick(6, 3));
        IReceiptTypes.BookAct memory act =
            _bookAct(opening, VM.addr(BOOKER_KEY), uint32(_pick(32, 0)), uint32(_pick(32, WHOLE)));
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.book, (act)));
        IReceiptTypes.UnbookAct memory back =
            _unbookAct(BOOKER_KEY, listRange, uint40(_pick(40, 2)), uint32(_pick(32, 1)));
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.unbook, (back)));
        _try(STRANGER, address(receipts), abi.encodeCall(receipts.openLeaf, (opening)));
    }

    function test_fuzz_paper(uint256 seed) public {
        _seed = seed;
        IReceiptTypes.ExchangeAct memory act = _exchangeAct(_opening(_issueList(1, 5), 1, 2), uint40(_pick(40, 1)));
        act.paperRange = uint32(_pick(32, paperRange));
        bytes memory members = abi.encode(unitA, listRange, uint40(2), act.paperRange, act.paperNumber, act.deadline);
        act.signature = _signPaper(KEY_A, "Exchange", members);
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.exchange, (act)));
        IReceiptTypes.ReturnAct memory back =
            _returnAct(uint32(_pick(32, listRange)), uint40(_pick(40, 2)), uint40(_pick(40, 1)));
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.returnPaper, (back)));
    }

    function test_fuzz_months(uint256 seed) public {
        _start(seed);
        VM.warp(NOW + _pick(26, 30 days));
        uint16 kind = uint16(_pick(16, KIND_LIST));
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(
            uint32(_pick(32, 5)),
            uint32(_pick(32, 0)),
            uint32(_pick(32, 0)),
            uint64(_pick(64, 100_015)),
            uint64(_pick(64, 0))
        );
        uint32 month = uint32(_pick(32, MONTH));
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", kind, month, totals);
        _try(SUPER, address(receipts), abi.encodeCall(receipts.bringForward, (act)));
        // Whatever was taken must not stop what comes after it: the kind's months are read, issued into and closed.
        _try(STRANGER, address(receipts), abi.encodeCall(receipts.overdueOf, (unitA, kind)));
        act = _writeOffAct("WriteOff", kind, month, totals);
        _try(STRANGER, address(receipts), abi.encodeCall(receipts.writeOff, (act)));
        act.month = uint32(_pick(32, MONTH));
        bytes memory data = abi.encodeCall(receipts.closeWithDifference, (unitA, kind, act.month, totals, 1));
        _try(SUPER, address(receipts), data);
        _try(CHECKER, address(receipts), data);
        _try(STRANGER, address(receipts), abi.encodeCall(receipts.periodOf, (unitA, kind, act.month)));
        IReceiptTypes.VoidAct memory void = _voidAct(listRange, 6, 1);
        void.deadline = uint64(block.timestamp);
        _signVoid(KEY_A, void);
        _try(NODE_32, address(receipts), abi.encodeCall(receipts.voidNumbers, (void)));
        data = abi.encodeCall(receipts.extend, (unitA, kind, uint40(_pick(40, block.timestamp + 1 days)), 1));
        _try(SUPER, address(receipts), data);
        _try(CHECKER, address(receipts), data);
        _try(STRANGER, address(receipts), abi.encodeCall(receipts.overdueOf, (unitA, kind)));
    }

    // --- payments

    function test_fuzz_notice(uint256 seed) public {
        _start(seed);
        uint256 amountFen = _pick(48, 300);
        bytes memory lanes = bytes.concat(_lane(_pick(48, 5), _pick(16, item)), _lane(amountFen, 0));
        IPaymentTypes.NoticeBatch memory batch =
            _noticeBatch(KEY_A, unitA, uint32(_pick(32, payRange)), uint40(_pick(40, 6)), lanes);
        batch.dueDay = uint32(_pick(32, TODAY));
        batch.lines = abi.encodePacked(
            uint8(_pick(8, 2)), _lane(_pick(48, 100), _pick(16, item)), _lane(_pick(48, 200), _pick(16, item))
        );
        _signNotice(KEY_A, batch);
        _try(NODE_32, address(payments), abi.encodeCall(payments.notice, (_one(batch))));
        _try(STRANGER, address(payments), abi.encodeCall(payments.noticeOf, (batch.range, uint40(_pick(40, 6)))));
    }

    function test_fuzz_settleAndResolve(uint256 seed) public {
        _start(seed);
        uint40 sequence = uint40(_pick(40, 4));
        uint64 reference_ = uint64(_pick(64, 5));
        bytes memory entries = _entry(sequence, _pick(48, 10_003), _pick(24, TODAY), reference_);
        if (_next() % 2 == 0) entries = bytes.concat(entries, _entry(_pick(40, 5), _pick(48, 1), _pick(24, TODAY), 9));
        uint32 range = uint32(_pick(32, payRange));
        IPaymentTypes.SettlementGroup[] memory groups = new IPaymentTypes.SettlementGroup[](1);
        groups[0] = IPaymentTypes.SettlementGroup(range, uint32(_pick(32, 0)), entries, new bytes(_pick(5, 13)));
        _approve("fuzzed", groups);
        _try(STRANGER, address(payments), abi.encodeCall(payments.settle, (1, "fuzzed", groups)));
        bytes32[] memory ids = new bytes32[](1 + _next() % 2);
        ids[0] = payments.suspenseIdOf(range, sequence, bytes8(reference_));
        if (ids.length == 2) ids[1] = ids[0];
        IPaymentTypes.Resolution resolution = IPaymentTypes.Resolution(_next() % 3);
        bytes memory data = abi.encodeCall(payments.resolve, (ids, resolution, 1));
        _try(SUPER, address(payments), data);
        _try(CHECKER, address(payments), data);
    }

    function test_fuzz_refundReversed(uint256 seed) public {
        _seed = seed;
        _reverse(_reverseAct(_opening(_issueCode(1, 1, 1), 1, 1), codeRange, 2, 10_000));
        bytes memory lanes = _next() % 3 == 0 ? new bytes(_pick(5, 8)) : bytes.concat(_lane(_pick(48, 4_000), item));
        IPaymentTypes.NoticeBatch memory child =
            _noticeBatch(KEY_A, unitA, uint32(_pick(32, payRange)), uint40(_pick(40, 2)), lanes);
        uint48 refundFen = uint48(_pick(48, 6_000));
        bytes memory data = abi.encodeCall(
            payments.refundReversed, (uint32(_pick(32, payRange)), uint40(_pick(40, 1)), refundFen, child)
        );
        _try(SUPER, address(payments), data);
        _try(CHECKER, address(payments), data);
    }

    function test_fuzz_votes(uint256 seed) public {
        _seed = seed;
        (address[] memory oracles, uint32[] memory sources) = _committee();
        sources[_next() % 3] = uint32(_pick(32, 12));
        uint8 threshold = uint8(_pick(8, 2));
        _try(ADMIN, address(payments), abi.encodeCall(payments.setCommittee, (oracles, sources, threshold)));
        uint32 epoch = uint32(_pick(32, 2));
        bytes memory data =
            abi.encodeCall(payments.vote, (epoch, uint32(_pick(32, 11)), uint64(_pick(64, 1)), bytes32(_next())));
        _try(ORACLE_1, address(payments), data);
    }

    // --- registry

    function test_fuzz_ranges(uint256 seed) public {
        _start(seed);
        IRegistry.RangeClass class = IRegistry.RangeClass(_next() % 4);
        uint32 area = uint32(_pick(32, 132));
        uint64 prefix = uint64(_pick(64, CODE_LIST));
        (uint40 from, uint40 to) = (uint40(_pick(40, 1_000_001)), uint40(_pick(40, 2_000_000)));
        _try(SUPER, address(registry), abi.encodeCall(registry.openPool, (class, area, prefix, from, to)));
        uint32 pool = uint32(_pick(32, listPool));
        uint40 count = uint40(_pick(40, 10));
        _try(SUPER, address(registry), abi.encodeCall(registry.splitPool, (pool, uint32(_pick(32, 132)), count)));
        uint16 kind = uint16(_pick(16, KIND_LIST));
        IRegistry.ControlMode mode = IRegistry.ControlMode(_next() % 3);
        _try(SUPER, address(registry), abi.encodeCall(registry.allot, (pool, unitA, count, kind, mode, 1)));
        uint40 threshold = uint40(_pick(40, 100_000));
        _try(SUPER, address(registry), abi.encodeCall(registry.setTopUpRule, (unitA, kind, threshold, count, pool)));
        uint32 range = uint32(_pick(32, listRange));
        _try(NODE_32, address(registry), abi.encodeCall(registry.topUp, (range)));
        _try(SUPER, address(registry), abi.encodeCall(registry.recall, (range)));
        _try(SUPER, address(registry), abi.encodeCall(registry.recall, (range)));
        _try(NODE_32, address(registry), abi.encodeCall(registry.topUp, (range)));
        _try(STRANGER, address(registry), abi.encodeCall(registry.findRange, (class, prefix, from)));
    }

    function test_fuzz_itemsAndUnits(uint256 seed) public {
        _start(seed);
        IRegistry.ItemVersion memory version = IRegistry.ItemVersion({
            enabledFrom: uint40(_pick(40, NOW)),
            enabledUntil: uint40(_pick(40, NOW + 1)),
            minFen: uint48(_pick(48, 1)),
            maxFen: uint48(_pick(48, 2)),
            kind: uint16(_pick(16, KIND_CODE)),
            listedUnitsOnly: _next() % 2 == 0
        });
        uint32 area = uint32(_pick(32, 1_320_999));
        bytes12 code = _next() % 2 == 0 ? bytes12("103043211") : bytes12(bytes32(_next()));
        _try(SUPER, address(registry), abi.encodeCall(registry.setItem, (area, code, version)));
        uint16 id = uint16(_pick(16, item));
        _try(SUPER, address(registry), abi.encodeCall(registry.disableItem, (id, uint40(_pick(40, NOW)))));
        _try(STRANGER, address(registry), abi.encodeCall(registry.linkItem, (id)));
        _try(SUPER, address(registry), abi.encodeCall(registry.registerUnit, (bytes32(_next()), area, STRANGER, 0)));
        _try(SUPER, address(registry), abi.encodeCall(registry.succeed, (unitA, uint32(_pick(32, unitB)))));
        _try(STRANGER, address(registry), abi.encodeCall(registry.isWorkingDay, (uint32(_pick(32, TODAY)))));
        _try(STRANGER, address(registry), abi.encodeCall(registry.signerOf, (uint32(_pick(32, unitA)))));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "./IActErrors.sol";

/// @title Registry of units, charge items and number ranges
/// @notice Holds who may act where, which items may be charged, and which numbers belong to which unit.
/// @dev Area prefixes are the leading digits of an administrative division with a 1 before them, so that leading
/// zeros stay: 132 is "32", 13209 is "3209", 1320900 is "320900". A unit's area has six digits.
/// Days count from 1970-01-01 in Beijing time (UTC+8); times are Unix seconds; amounts are fen.
///
/// Trust model. ADMIN gives accounts their areas and sets the calendar: it can name a false supervisor, but not sign
/// for a unit. A SUPERVISOR rules its own area only: it can withhold numbers, restrict a unit, disable an item or,
/// after the delay that every unit can see, replace a lost key; it can neither issue nor touch a number that has been
/// used. A NODE can only refill a range within the supervisor's rule. Nobody can make two ranges overlap.
/// Everything here can be read by every member; names of units are kept off the chain (digest of the credit code).
interface IRegistry is IActErrors {
    /// @notice What the numbers of a range count.
    enum RangeClass {
        None,
        Receipt,
        PaymentCode,
        Paper
    }

    /// @notice How amounts are controlled: by payment code, readable; or by list, salted.
    enum ControlMode {
        None,
        ByCode,
        ByList
    }

    /// @notice A public unit that issues receipts.
    struct Unit {
        address signer; // chain key that signs the unit's acts
        uint32 area; // six digits with a leading 1
        uint32 restrictedAt; // Unix time of the restriction, 0 when unrestricted
        uint32 successor; // unit that answers for this one after a merger or split, 0 when none
        uint16 restrictionReason; // in the second slot: whatever judges an act reads the first alone
        bytes32 creditCodeDigest; // keccak256 of the 18 characters
        bytes32 certificateDigest; // SHA-256 of the document certificate (DER)
    }

    /// @notice A run of consecutive numbers of one unit; one storage slot.
    struct Range {
        uint32 unit;
        uint64 prefix; // receipt code; area, year and type of payment codes; paper code
        uint40 from; // first number
        uint40 to; // last number
        uint40 next; // next number to be used; to + 1 when exhausted
        RangeClass class;
        ControlMode mode;
        uint16 kind; // category and kind, four digits; 0 for any
    }

    /// @notice Numbers that a supervisor may still allot; one storage slot.
    struct Pool {
        uint32 area; // area prefix whose supervisor rules the pool
        uint64 prefix;
        uint40 next; // first number still free
        uint40 to; // last number
        RangeClass class;
    }

    /// @notice When and how an item may be charged.
    struct ItemVersion {
        uint40 enabledFrom; // Unix time from which this version holds
        uint40 enabledUntil; // Unix time at which it ends, 0 when open
        uint48 minFen; // least amount of one line
        uint48 maxFen; // greatest amount of one line
        uint16 kind; // receipt kind that it is bound to, 0 for any
        bool listedUnitsOnly; // only units that have a permit
    }

    /// @notice When a node may refill a unit's numbers without asking.
    struct TopUpRule {
        uint40 threshold; // fewer numbers left than this
        uint40 count; // numbers of one refill
        uint32 pool; // pool they come from
    }

    /// @notice Public key with which a member signs checkpoints of the chain.
    struct CheckpointKey {
        bytes32 publicKeyDigest; // keccak256 of the key's bytes
        uint40 validFrom; // Unix time
        uint40 validUntil; // Unix time, 0 when open
    }

    /// @notice The account's area prefix was set.
    event AreaSet(address indexed account, uint32 area);
    /// @notice A unit was registered.
    event UnitRegistered(
        uint32 indexed unit, bytes32 indexed creditCodeDigest, uint32 area, address signer, bytes32 certificateDigest
    );
    /// @notice A unit's chain key and document certificate changed.
    /// @param nonce Nonce that the next change signed by the old key must carry
    event SignerRotated(
        uint32 indexed unit, address oldSigner, address newSigner, bytes32 certificateDigest, uint64 nonce
    );
    /// @notice A supervisor announced a new key for a unit that lost its own.
    /// @param executableAt Unix time from which it may be put in force
    event SignerScheduled(uint32 indexed unit, address newSigner, bytes32 certificateDigest, uint40 executableAt);
    /// @notice An announced key was dropped, by the unit's old key or by the supervisor.
    event SignerScheduleCancelled(uint32 indexed unit);
    /// @notice The unit may not send notices, issue or exchange.
    event UnitRestricted(uint32 indexed unit, uint16 reason);
    /// @notice The restriction has ended.
    event UnitLifted(uint32 indexed unit);
    /// @notice From now on the successor's key signs for the unit's past receipts.
    event UnitSucceeded(uint32 indexed unit, uint32 indexed successor);

    /// @notice An item was created, or a version was added to it.
    event ItemSet(uint16 indexed item, bytes12 indexed code, uint32 area, ItemVersion version, uint32 catalogVersion);
    /// @notice An item ends at a time.
    event ItemDisabledFrom(uint16 indexed item, uint40 at, uint32 catalogVersion);
    /// @notice A unit was listed for an item, or struck off.
    event ItemPermitSet(uint16 indexed item, uint32 indexed unit, bool permitted, uint32 catalogVersion);
    /// @notice An item was tied to the item of the same code in the area above.
    event ItemLinked(uint16 indexed item, uint16 parent, uint32 catalogVersion);

    /// @notice A supervisor opened numbers of a prefix.
    event PoolOpened(uint32 indexed pool, RangeClass class, uint32 area, uint64 indexed prefix, uint40 from, uint40 to);
    /// @notice Numbers went from one pool to a pool of an area below.
    event PoolSplit(uint32 indexed parent, uint32 indexed pool, uint32 area, uint40 from, uint40 to);
    /// @notice A unit received numbers.
    /// @param place Issue place (counter or branch) that uses them
    event RangeAllotted(
        uint32 indexed range,
        uint32 indexed unit,
        RangeClass class,
        uint64 prefix,
        uint40 from,
        uint40 to,
        uint16 kind,
        ControlMode mode,
        uint16 place
    );
    /// @notice The unused rest of a range went back into a new pool.
    event RangeRecalled(uint32 indexed range, uint32 indexed pool, uint40 from, uint40 to);
    /// @notice A refill rule was set.
    event TopUpRuleSet(uint32 indexed unit, uint16 kind, uint40 threshold, uint40 count, uint32 pool);
    /// @notice The rest days of a year were set.
    event WorkingCalendarSet(uint16 indexed year, uint256[2] restDayBits);
    /// @notice A member's checkpoint key was set.
    event CheckpointKeySet(address indexed member, bytes publicKey, uint40 validFrom, uint40 validUntil);

    /// @notice An area prefix is not a 1 followed by 2, 4 or 6 digits.
    error MalformedArea(uint32 area);
    /// @notice The credit code belongs to a unit already.
    error UnitExists(uint32 unit);
    /// @notice The unit answers for nothing any more: another unit has succeeded it.
    error UnitHasSuccessor(uint32 unit, uint32 successor);
    /// @notice The unit cannot succeed itself or a unit that has a successor.
    error SuccessorNotAllowed(uint32 unit, uint32 successor);
    /// @notice The unit is not restricted.
    error UnitNotRestricted(uint32 unit);
    /// @notice A reason of 0 says nothing.
    error ReasonMissing();
    /// @notice No new key is announced for the unit, or another one.
    error SignerNotScheduled(uint32 unit);
    /// @notice The announced key is not in force yet.
    error SignerDelayRunning(uint32 unit, uint40 executableAt);

    /// @notice No item has this id.
    error UnknownItem(uint16 item);
    /// @notice The item is not in force now: ended, disabled, or not begun.
    error ItemDisabled(uint16 item);
    /// @notice A line's amount is outside the item's bounds, in fen.
    error ItemAmountOutOfBounds(uint16 item, uint48 amountFen, uint48 minFen, uint48 maxFen);
    /// @notice The item may not be charged by this unit: other area, or not listed.
    error ItemNotPermitted(uint16 item, uint32 unit);
    /// @notice The item is bound to another receipt kind.
    error ItemNotForKind(uint16 item, uint16 itemKind, uint16 kind);
    /// @notice The version's window is empty, its bounds are crossed, or it would change the past.
    error MalformedItem(bytes12 code);

    /// @notice No pool has this id.
    error UnknownPool(uint32 pool);
    /// @notice No range has this id.
    error UnknownRange(uint32 range);
    /// @notice The prefix does not belong to the area: region of a receipt code, division of a payment code.
    error PrefixNotInArea(uint64 prefix, uint32 area);
    /// @notice Numbers up to and including `openedTo` of this prefix are open already.
    error NumbersAlreadyOpened(uint64 prefix, uint40 from, uint40 openedTo);
    /// @notice The pool or range has fewer numbers left.
    error PoolExhausted(uint32 pool, uint40 left, uint40 needed);
    /// @notice The kind does not match the receipt code, or a mode is missing or superfluous.
    error KindMismatch(uint64 prefix, uint16 kind);
    /// @notice The range counts something else.
    error WrongRangeClass(uint32 range, RangeClass expected, RangeClass actual);
    /// @notice The range belongs to another unit.
    error NotYourRange(uint32 range, uint32 owner, uint32 unit);
    /// @notice Numbers are used in order, and this is not the next.
    error NumberNotNext(uint32 range, uint40 expected, uint40 given);
    /// @notice The range ends before the last number needed.
    error RangeExhausted(uint32 range, uint40 to, uint40 needed);
    /// @notice All ids of ranges are taken.
    error TooManyRanges(uint32 max);
    /// @notice A number is 0, a range is empty or longer than ten digits.
    error MalformedRange(uint40 from, uint40 to);
    /// @notice More numbers are left than the refill rule allows, or there is no rule.
    error TopUpNotDue(uint32 range, uint40 left, uint40 threshold);
    /// @notice A checkpoint key has no bytes or an empty validity.
    error MalformedCheckpointKey(address member);

    /// @notice Sets the area of a supervisor's or node's account; 0 takes it away. ADMIN.
    function setArea(address account, uint32 area) external;

    /// @notice Registers a unit. SUPERVISOR whose area contains `area`.
    /// @param creditCodeDigest keccak256 of the credit code's 18 characters
    /// @param area Six digits with a leading 1
    /// @param signer Chain key of the unit
    /// @param certificateDigest SHA-256 of the unit's document certificate
    /// @return unit Id, from 1, never reused
    function registerUnit(bytes32 creditCodeDigest, uint32 area, address signer, bytes32 certificateDigest)
        external
        returns (uint32 unit);

    /// @notice Changes a unit's key with the signature of the old one. Anybody may send it.
    /// @dev EIP-712 RotateSigner(uint32 unit,address newSigner,bytes32 certificateDigest,uint64 nonce,uint64 deadline)
    function rotateSigner(
        uint32 unit,
        address newSigner,
        bytes32 certificateDigest,
        uint64 deadline,
        bytes calldata signature
    ) external;

    /// @notice Announces a new key for a unit that lost its own. SUPERVISOR.
    function scheduleSigner(uint32 unit, address newSigner, bytes32 certificateDigest) external;

    /// @notice Puts an announced key in force after the delay. SUPERVISOR.
    function executeSigner(uint32 unit) external;

    /// @notice Drops an announced key: the unit's own key, or the SUPERVISOR of the area.
    function cancelSigner(uint32 unit) external;

    /// @notice Restricts a unit: no notices, issues or exchanges. SUPERVISOR.
    function restrict(uint32 unit, uint16 reason) external;

    /// @notice Ends a restriction. SUPERVISOR.
    function lift(uint32 unit) external;

    /// @notice Names the unit that answers for another one after a merger or split. SUPERVISOR.
    function succeed(uint32 unit, uint32 successor) external;

    /// @notice Creates an item or adds a version that holds from `version.enabledFrom`. SUPERVISOR.
    /// @param area Area prefix that the item belongs to
    /// @param code ASCII digits, padded with zeros on the right
    /// @return item Id, from 1, never reused
    function setItem(uint32 area, bytes12 code, ItemVersion calldata version) external returns (uint16 item);

    /// @notice Ends an item at a time, now or later. SUPERVISOR.
    function disableItem(uint16 item, uint40 at) external;

    /// @notice Lists a unit for an item, or strikes it off. SUPERVISOR.
    function permitUnit(uint16 item, uint32 unit, bool permitted) external;

    /// @notice Ties an item to the item of the same code in the area above, whose limits then hold as well. Anybody.
    function linkItem(uint16 item) external returns (uint16 parent);

    /// @notice Opens numbers of a prefix, above everything opened of it so far. SUPERVISOR.
    /// @dev Receipt codes are opened for the two-digit region that they begin with; payment codes by any area that
    /// contains the division that they begin with; paper codes are separate for each region.
    function openPool(RangeClass class, uint32 area, uint64 prefix, uint40 from, uint40 to)
        external
        returns (uint32 pool);

    /// @notice Gives the first numbers of a pool to an area inside it. SUPERVISOR.
    function splitPool(uint32 pool, uint32 area, uint40 count) external returns (uint32 child);

    /// @notice Allots the first numbers of a pool to a unit. SUPERVISOR.
    /// @param kind Four digits of category and kind: those of the receipt code, or what payments will be receipted as
    /// @param mode ByCode or ByList for receipts, None for other classes
    /// @param place Issue place, free to choose
    function allot(uint32 pool, uint32 unit, uint40 count, uint16 kind, ControlMode mode, uint16 place)
        external
        returns (uint32 range);

    /// @notice Takes back what a range has not used. SUPERVISOR.
    /// @return pool New pool with the numbers taken back
    function recall(uint32 range) external returns (uint32 pool);

    /// @notice Sets the refill rule of a unit and kind. SUPERVISOR.
    function setTopUpRule(uint32 unit, uint16 kind, uint40 threshold, uint40 count, uint32 pool) external;

    /// @notice Allots a new range beside one that runs out, within the supervisor's rule. NODE.
    /// @param range Range that runs out; its kind, mode and place are taken over
    /// @return newRange Range allotted
    function topUp(uint32 range) external returns (uint32 newRange);

    /// @notice Sets the rest days of a year: bit d of the two words is day d of the year, from 0. ADMIN.
    function setWorkingCalendar(uint16 year, uint256[2] calldata restDayBits) external;

    /// @notice Sets the key with which a member signs checkpoints. ADMIN.
    function setCheckpointKey(address member, bytes calldata publicKey, uint40 validFrom, uint40 validUntil) external;

    /// @notice Uses the next numbers of a range for a unit. The two ledgers only.
    /// @param account Node that relays: its area must contain the unit
    /// @param unit Unit that signed
    /// @param range Range of the unit
    /// @param first Must be the range's next number
    /// @param count Numbers to use, at least 1
    /// @param class What the numbers must count
    /// @param active Whether a restricted unit is refused
    /// @return used The range before use
    /// @return signer Address whose signature binds the unit
    /// @return catalog Version of the catalogue
    function consume(
        address account,
        uint32 unit,
        uint32 range,
        uint40 first,
        uint40 count,
        RangeClass class,
        bool active
    ) external returns (Range memory used, address signer, uint32 catalog);

    /// @notice Checks that an account may act for a unit's area, and returns who signs for the unit.
    /// @dev Reverts if the unit is unknown or the account's area does not contain it.
    function authorize(address account, uint32 unit) external view returns (address signer);

    /// @notice Checks every line of notices against the catalogue as of now.
    /// @param unit Unit that charges
    /// @param kind Kind of the payment range
    /// @dev A lane with item 0 stands for lines that follow elsewhere, and is skipped.
    /// @param lines 8 bytes each: amountFen uint48, item uint16
    function checkLines(uint32 unit, uint16 kind, bytes calldata lines) external view;

    /// @notice Number of changes of the catalogue so far.
    function catalogVersion() external view returns (uint32);
    /// @notice The unit with this id. Reverts if there is none.
    function unitOf(uint32 unit) external view returns (Unit memory);
    /// @notice Id of the unit with this credit code, 0 when there is none.
    function unitIdOf(bytes32 creditCodeDigest) external view returns (uint32);
    /// @notice Address whose signature binds the unit: its own key, or its successor's.
    function signerOf(uint32 unit) external view returns (address);
    /// @notice Nonce that the next RotateSigner of the unit must carry.
    function rotationNonceOf(uint32 unit) external view returns (uint64);
    /// @notice Key announced for a unit and the Unix time from which it may be put in force.
    function scheduledSignerOf(uint32 unit)
        external
        view
        returns (address newSigner, bytes32 certificateDigest, uint40 executableAt);
    /// @notice The range with this id. Reverts if there is none.
    function rangeOf(uint32 range) external view returns (Range memory);
    /// @notice Issue place of a range.
    function placeOf(uint32 range) external view returns (uint16);
    /// @notice The pool with this id. Reverts if there is none.
    function poolOf(uint32 pool) external view returns (Pool memory);
    /// @notice Range that holds a receipt number or payment sequence, 0 when none does.
    /// @dev For calls from outside: walks over all ranges of the prefix. Paper: see findPaperRange.
    function findRange(RangeClass class, uint64 prefix, uint40 number) external view returns (uint32 range);
    /// @notice Range that holds a paper number of a two-digit region, 0 when none does.
    function findPaperRange(uint32 region, uint64 prefix, uint40 number) external view returns (uint32 range);
    /// @notice Refill rule of a unit, kind and class of numbers.
    function topUpRuleOf(uint32 unit, uint16 kind, RangeClass class) external view returns (TopUpRule memory);
    /// @notice Code, area and version in force now of an item. Reverts if there is none.
    function itemOf(uint16 item) external view returns (bytes12 code, uint32 area, ItemVersion memory current);
    /// @notice Version that will replace the current one; all zero when none is waiting.
    function upcomingItemOf(uint16 item) external view returns (ItemVersion memory upcoming);
    /// @notice Id of an item by area prefix and code, 0 when there is none.
    function itemIdOf(uint32 area, bytes12 code) external view returns (uint16);
    /// @notice Whether a unit is listed for an item.
    function isPermitted(uint16 item, uint32 unit) external view returns (bool);
    /// @notice Area prefix of a supervisor's or node's account, 0 when it has none.
    function areaOf(address account) external view returns (uint32);
    /// @notice Whether a day is a working day; Saturdays and Sundays rest in years without a calendar.
    function isWorkingDay(uint32 day) external view returns (bool);
    /// @notice Checkpoint key of a member.
    function checkpointKeyOf(address member) external view returns (CheckpointKey memory);
}

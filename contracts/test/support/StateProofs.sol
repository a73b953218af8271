// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Reader of Merkle-Patricia proofs, as eth_getProof gives them (Ethereum yellow paper, appendices B to D)
/// @notice For tests alone: it shows that a third reader finds in the vectors what Python and JavaScript find.
library StateProofs {
    /// @dev The next node on the way did not come, or has another hash than its parent says.
    error NodeMissing(uint256 place);
    /// @dev A node came that the way does not lead to.
    error NodeUnused(uint256 place);
    /// @dev The RLP is no node, or not in its shortest form.
    error NodeMalformed();

    /// @dev Where an RLP item stands in its node.
    struct Item {
        uint256 start; // of the item with its prefix
        uint256 content; // of what is within
        uint256 end;
        bool isList;
    }

    bytes32 internal constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;
    uint256 private constant KEY_DIGITS = 64;

    /// @notice Returns the value of a key; empty when the key is proven absent.
    /// @param root Root of the trie.
    /// @param key As contracts know it; its keccak256 is the way.
    /// @param nodes RLP of the nodes on the way, from the root on; all of them must be needed.
    function value(bytes32 root, bytes memory key, bytes[] memory nodes) internal pure returns (bytes memory) {
        if (root == EMPTY_ROOT && nodes.length == 0) return "";
        bytes32 way = keccak256(key);
        uint256 place = 0;
        uint256 depth = 0;
        bytes memory node = _named(nodes, place, root);
        while (true) {
            Item[] memory items = _list(node);
            Item memory child;
            if (items.length == 17) {
                if (depth == KEY_DIGITS) revert NodeMalformed();
                child = items[_digit(way, depth)];
                ++depth;
            } else if (items.length == 2) {
                (bool matches, bool isLeaf, uint256 below) = _follow(node, items[0], way, depth);
                if (!matches) return _end(nodes, place, "");
                if (isLeaf) return _end(nodes, place, _content(node, items[1]));
                (child, depth) = (items[1], below);
            } else {
                revert NodeMalformed();
            }
            if (child.isList) {
                // A child of fewer than 32 bytes stands in its parent itself.
                node = _slice(node, child.start, child.end);
                continue;
            }
            bytes memory name = _content(node, child);
            if (name.length == 0) return _end(nodes, place, "");
            if (name.length != 32) revert NodeMalformed();
            ++place;
            node = _named(nodes, place, bytes32(name));
        }
        revert NodeMalformed();
    }

    /// @notice Returns the word at a storage slot; 0 when it is proven absent.
    function word(bytes32 storageRoot, bytes32 slot, bytes[] memory nodes) internal pure returns (bytes32) {
        bytes memory encoded = value(storageRoot, abi.encode(slot), nodes);
        if (encoded.length == 0) return 0;
        Item memory item = _item(encoded, 0, encoded.length);
        bytes memory text = _content(encoded, item);
        if (item.end != encoded.length || text.length == 0 || text.length > 32 || text[0] == 0) revert NodeMalformed();
        return bytes32(text) >> (8 * (32 - text.length));
    }

    /// @notice Returns storage root and code hash of an account; both 0 when it is proven absent.
    function account(bytes32 stateRoot, address at, bytes[] memory nodes) internal pure returns (bytes32, bytes32) {
        bytes memory encoded = value(stateRoot, abi.encodePacked(at), nodes);
        if (encoded.length == 0) return (0, 0);
        Item[] memory items = _list(encoded);
        if (items.length != 4) revert NodeMalformed();
        bytes memory root = _content(encoded, items[2]);
        bytes memory code = _content(encoded, items[3]);
        if (root.length != 32 || code.length != 32) revert NodeMalformed();
        return (bytes32(root), bytes32(code));
    }

    function _named(bytes[] memory nodes, uint256 place, bytes32 name) private pure returns (bytes memory) {
        if (place >= nodes.length || keccak256(nodes[place]) != name) revert NodeMissing(place);
        return nodes[place];
    }

    function _end(bytes[] memory nodes, uint256 place, bytes memory found) private pure returns (bytes memory) {
        if (place + 1 != nodes.length) revert NodeUnused(place + 1);
        return found;
    }

    /// @dev Compares a hex-prefixed path with the way from `depth` on.
    function _follow(bytes memory node, Item memory item, bytes32 way, uint256 depth)
        private
        pure
        returns (bool matches, bool isLeaf, uint256 below)
    {
        bytes memory path = _content(node, item);
        if (item.isList || path.length == 0) revert NodeMalformed();
        uint256 flag = uint8(path[0]) >> 4;
        bool isOdd = flag % 2 == 1;
        if (flag > 3 || (!isOdd && uint8(path[0]) % 16 != 0)) revert NodeMalformed();
        isLeaf = flag >= 2;
        uint256 first = isOdd ? 1 : 2;
        below = depth + 2 * path.length - first;
        if ((below == depth && !isLeaf) || below > KEY_DIGITS || (isLeaf && below != KEY_DIGITS)) {
            revert NodeMalformed();
        }
        matches = true;
        for (uint256 i = 0; i < below - depth; ++i) {
            uint256 at = first + i;
            uint256 pair = uint8(path[at / 2]);
            uint256 digit = at % 2 == 0 ? pair >> 4 : pair & 15;
            if (digit != _digit(way, depth + i)) matches = false;
        }
    }

    function _digit(bytes32 way, uint256 depth) private pure returns (uint256) {
        return (uint256(way) >> (4 * (KEY_DIGITS - 1 - depth))) & 15;
    }

    /// @dev Returns the items of the one list that fills `data`.
    function _list(bytes memory data) private pure returns (Item[] memory items) {
        Item memory whole = _item(data, 0, data.length);
        if (!whole.isList || whole.end != data.length) revert NodeMalformed();
        uint256 count = 0;
        for (uint256 at = whole.content; at < whole.end; at = _item(data, at, whole.end).end) {
            ++count;
        }
        items = new Item[](count);
        uint256 next = whole.content;
        for (uint256 i = 0; i < count; ++i) {
            items[i] = _item(data, next, whole.end);
            next = items[i].end;
        }
    }

    /// @dev Returns the item that begins at a place; its contents are within `limit`.
    function _item(bytes memory data, uint256 at, uint256 limit) private pure returns (Item memory item) {
        if (at >= limit) revert NodeMalformed();
        uint256 first = uint8(data[at]);
        item.start = at;
        item.isList = first >= 0xc0;
        if (first < 0x80) {
            (item.content, item.end) = (at, at + 1);
            return item;
        }
        uint256 size = first - (item.isList ? 0xc0 : 0x80);
        item.content = at + 1;
        if (size > 55) {
            uint256 width = size - 55;
            if (width > 3 || item.content + width > limit || data[item.content] == 0) revert NodeMalformed();
            size = 0;
            for (uint256 i = 0; i < width; ++i) {
                size = size * 256 + uint8(data[item.content + i]);
            }
            if (size <= 55) revert NodeMalformed();
            item.content += width;
        }
        item.end = item.content + size;
        bool isSmall = !item.isList && size == 1 && item.end <= limit && uint8(data[item.content]) < 0x80;
        if (item.end > limit || isSmall) revert NodeMalformed();
    }

    function _content(bytes memory data, Item memory item) private pure returns (bytes memory) {
        if (item.isList) revert NodeMalformed();
        return _slice(data, item.content, item.end);
    }

    function _slice(bytes memory data, uint256 start, uint256 end) private pure returns (bytes memory part) {
        part = new bytes(end - start);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = data[start + i];
        }
    }
}

"""Keep the storage of the proxies readable by the next version of their code (ERC-7201 namespaces).

    python -m contracts.tools.layout              write contracts/storage_layout.json; fields may only be appended
    python -m contracts.tools.layout --check      fail when the file is not what the sources say
    python -m contracts.tools.layout --replace    write whatever the sources say: only before a first deployment

The compiler's own layout does not show namespaces, since their structs are no state variables. A contract is made up
that declares each of them as one, and the compiler is asked for its layout. Slots count from the namespace's slot.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from contracts.tools.compiler import CONTRACTS, compiled, own_files, sources_of
from contracts.tools.recorder import Node, children

FILE: Final = CONTRACTS / "storage_layout.json"

_LOCATION: Final = re.compile(r"@custom:storage-location erc7201:(\S+)")
_COMMAND: Final = "python -m contracts.tools.layout"

Layout = dict[str, Any]


def exported() -> Layout:
    """Return namespaces, structs and enums as the sources have them.

    Returns:
        ``{"namespaces": {name: {"struct": ..}}, "structs": {name: {"bytes": .., "members": [..]}}, "enums": {..}}``;
        a member has name, type, slot, offset (bytes from the right) and size in bytes.

    Raises:
        ValueError: A namespace's slot is computed from another name than its struct says.
    """
    sources = sources_of(own_files())
    trees = compiled(sources, {"*": {"": ["ast"]}})["sources"]
    spaces: dict[str, tuple[str, str, str]] = {}
    enums: dict[str, list[str]] = {}
    for file, source in sorted(trees.items()):
        for node in children(source["ast"]):
            if node["nodeType"] == "StructDefinition" and (found := _LOCATION.search(_comment(node))):
                if f'keccak256("{found[1]}")' not in sources[file] and file.startswith("src/"):
                    raise ValueError(f"{file}: the slot of {node['canonicalName']} is not made from {found[1]}")
                spaces[found[1]] = (file, *node["canonicalName"].split("."))
            elif node["nodeType"] == "EnumDefinition" and file.startswith("src/"):
                enums[node["canonicalName"]] = [member["name"] for member in node["members"]]
    probe = _probe(spaces)
    output = compiled(sources | {"Probe.sol": probe}, {"Probe.sol": {"Probe": ["storageLayout"]}})
    types = output["contracts"]["Probe.sol"]["Probe"]["storageLayout"]["types"] or {}
    structs = {
        record["label"].removeprefix("struct "): {
            "bytes": int(record["numberOfBytes"]),
            "members": [_member(member, types) for member in record["members"]],
        }
        for record in sorted(types.values(), key=lambda record: str(record["label"]))
        if "members" in record
    }
    stored = {record["label"].removeprefix("enum ") for record in types.values() if record["label"].startswith("enum ")}
    return {
        "namespaces": {name: {"struct": f"{contract}.{struct}"} for name, (_, contract, struct) in spaces.items()},
        "structs": structs,
        "enums": {name: values for name, values in enums.items() if name in stored},
    }


def breaks(old: Layout, new: Layout) -> Iterator[str]:
    """Name every field that the next version would read in another place, or not at all."""
    for name, space in old["namespaces"].items():
        if name not in new["namespaces"]:
            yield f"namespace {name} is gone"
        elif new["namespaces"][name] != space:
            yield f"namespace {name} holds {new['namespaces'][name]['struct']}, and held {space['struct']}"
    in_arrays = {_element(member["type"]) for struct in old["structs"].values() for member in struct["members"]}
    for name, struct in old["structs"].items():
        present = new["structs"].get(name)
        if present is None:
            yield f"struct {name} is gone"
            continue
        yield from _moved(name, struct["members"], present["members"])
        if name in in_arrays and present["bytes"] != struct["bytes"]:
            yield f"struct {name} stands in an array and grew from {struct['bytes']} to {present['bytes']} bytes"
    for name, values in old["enums"].items():
        present_values = new["enums"].get(name, [])
        if present_values[: len(values)] != values:
            yield f"enum {name} was {', '.join(values)} and is {', '.join(present_values) or 'gone'}"


def _moved(struct: str, old: Sequence[Node], new: Sequence[Node]) -> Iterator[str]:
    places = {member["name"]: member for member in new}
    for member in old:
        name = f"{struct}.{member['name']}"
        present = places.get(member["name"])
        if present is None:
            yield f"{name} is gone (it stood {_place(member)})"
        elif _place(present) != _place(member):
            yield f"{name} moved: it stood {_place(member)} and stands {_place(present)}"
        elif present["type"] != member["type"]:
            yield f"{name} was {member['type']} and is {present['type']}"
    taken = {(member["slot"], member["offset"]) for member in old}
    last = max(taken, default=(-1, 0))
    known = {member["name"] for member in old}
    for member in new:
        if member["name"] not in known and (member["slot"], member["offset"]) <= last:
            yield f"{struct}.{member['name']} is new and stands before the end: append it"


def _place(member: Node) -> str:
    return f"in slot {member['slot']} at byte {member['offset']}"


def _element(kind: str) -> str:
    """Return the struct of which an array is made; the empty text for any other type."""
    found = re.search(r"struct ([\w.]+)\[", kind)
    return found[1] if found else ""


def _comment(node: Node) -> str:
    documentation = node.get("documentation")
    return str(documentation["text"]) if documentation else ""


def _probe(spaces: dict[str, tuple[str, str, str]]) -> str:
    lines = ["// SPDX-License-Identifier: Apache-2.0", "pragma solidity 0.8.30;"]
    fields = []
    for number, (file, contract, struct) in enumerate(spaces.values()):
        lines.append(f'import {{{contract} as Holder{number}}} from "{file}";')
        fields.append(f"Holder{number}.{struct} space{number};")
    return "\n".join([*lines, "contract Probe {", *fields, "}"])


def _member(member: dict[str, Any], types: dict[str, Any]) -> Node:
    kind = types[member["type"]]
    return {
        "name": member["label"],
        "type": kind["label"],
        "slot": int(member["slot"]),
        "offset": member["offset"],
        "bytes": int(kind["numberOfBytes"]),
    }


def text_of(layout: Layout) -> str:
    """Return the file's text: a line for each member, so that a change shows as a change."""
    text = json.dumps(layout, indent=1, ensure_ascii=False)
    return re.sub(r"\{\s+(\"name\"[^{}]*?)\s+\}", lambda found: "{" + " ".join(found[1].split()) + "}", text) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or compare the layout.

    Returns:
        0 when the file is what the sources say, 1 when it is not or may not become it.
    """
    new = exported()
    old = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else new
    broken = [] if "--replace" in arguments else list(breaks(old, new))
    for line in broken:
        sys.stderr.write(f"storage layout: {line}\n")
    if broken:
        sys.stderr.write("storage layout: a proxy would misread what it holds; only append fields\n")
        return 1
    if "--check" not in arguments:
        FILE.write_text(text_of(new), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text_of(new):
        sys.stderr.write(f"storage layout: fields were appended; run {_COMMAND} and commit the file\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

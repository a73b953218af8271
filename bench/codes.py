"""How large a QR code is for each payload, and how much out of focus it may be: `python -m bench.codes`.

Printed 20 mm wide, quiet zone included, seen at 200 dpi.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any, Final

from bench.measure import machine, read_no_arguments
from piaolian_sdk.qr import draw_png, write_short_qr
from piaolian_sdk.qr.drawing import QUIET_MODULES, modules_of
from piaolian_sdk.signing import SUITE_P256, CertificateAuthority, SoftwareSigner

_ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tests"))
from support.printed import Sight, photographed, read_by_zbar, read_by_zxing  # noqa: E402

_RESULTS: Final = _ROOT / "bench" / "results" / "codes.json"
_MILLIMETRES: Final = 20.0
_READERS: Final = {"zxing": read_by_zxing, "zbar": read_by_zbar}


def payloads() -> dict[str, str]:
    """Return the texts by name: ours, the forms of other platforms, and what a longer proof would need."""
    authority = CertificateAuthority.create("测试 CA", SUITE_P256)
    signer = SoftwareSigner.from_pem(*authority.issue("测试市财政局", SUITE_P256))

    def short(address: str, amount_fen: int) -> str:
        return write_short_qr(
            address,
            signer,
            code="32060126",
            number="0000010003",
            check_code="13a9Z0",
            amount_fen=amount_fen,
            issue_date=date(2026, 4, 30),
        )

    samples = json.loads((_ROOT / "tests" / "data" / "qr" / "payloads.json").read_text(encoding="utf-8"))
    others = {sample["name"]: sample["text"] for sample in samples}
    base45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:" * 40
    return {
        "short form, usual address": short("https://pj.cz.example", 99354),
        "short form, long address": short("https://verify.caizheng.example.gov.cn", 99354),
        "short form, as long as it may be": short("https://" + "verify." * 19 + "cn", -(10**14) + 1),
        "bosssoft, five elements": others["bosssoft_t504"],
        "jiangsu, three elements": others["jiangsu_page"],
        "500 bytes in base45": base45[:750],
        "1,000 bytes in base45": base45[:1500],
    }


def row(text: str) -> dict[str, Any]:
    """Return version, sizes, time to draw, and the largest blur in pixels at which each reader still reads."""
    version, modules = modules_of(text)
    started = time.perf_counter()
    draw_png(text)
    seconds = time.perf_counter() - started
    return {
        "characters": len(text),
        "version": version,
        "modules": modules,
        "module_millimetres": round(_MILLIMETRES / (modules + 2 * QUIET_MODULES), 3),
        "draw_milliseconds": round(seconds * 1000, 1),
        "blur_pixels": {name: _largest_blur(text, name) for name in _READERS},
    }


def _largest_blur(text: str, reader: str) -> float | None:
    """Return the largest radius, in steps of a tenth, up to which every smaller one is read too; None for none."""
    last: float | None = None
    for tenths in range(31):
        if _READERS[reader](photographed(text, Sight(blur_pixels=tenths / 10), _MILLIMETRES)) != [text]:
            return last
        last = tenths / 10
    return last


def main() -> int:
    """Measure, write the results and print the table."""
    read_no_arguments("bench.codes", __doc__)
    rows = {name: row(text) for name, text in payloads().items()}
    result = {"machine": machine(), "millimetres": _MILLIMETRES, "dots_per_inch": 200, "payloads": rows}
    _RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print("| payload | characters | version | module mm | draw ms | blur zxing | blur zbar |")
    print("|---|---|---|---|---|---|---|")
    for name, one in rows.items():
        blur = [("not read" if value is None else f"{value} px") for value in one["blur_pixels"].values()]
        cells = (name, one["characters"], one["version"], one["module_millimetres"], one["draw_milliseconds"], *blur)
        print("| " + " | ".join(str(cell) for cell in cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

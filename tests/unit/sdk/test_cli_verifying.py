"""The command that verifies bundles: one, a folder, a list; exit codes, words and JSON."""

import json
from pathlib import Path

import pytest

from piaolian_sdk.cli import main
from piaolian_sdk.proof import read_bundle
from piaolian_sdk.qr import draw_png, write_short_qr
from support.proof_world import CHECKED_AT, ProofWorld

RECORDED = Path(__file__).parents[2] / "data/bundles"
RECORDED_AT = "2026-11-25T19:00:00+08:00"


@pytest.fixture
def world() -> ProofWorld:
    return ProofWorld()


@pytest.fixture
def folder(world: ProofWorld, tmp_path: Path) -> Path:
    """A month: a good bundle, a reversed one, the first again under another name, a damaged one, a document alone."""
    month = tmp_path / "month"
    month.mkdir()
    good, reversed_one, alone = world.issue_by_list(12), world.issue_by_list(13), world.issue_by_list(14)
    world.issue_red(reversed_one)
    data = world.bundle(good).to_bytes()
    (month / "a.json").write_bytes(data)
    (month / "b.json").write_bytes(world.bundle(reversed_one).to_bytes())
    (month / "c-copy.json").write_bytes(data)
    (month / "d.json").write_bytes(data.replace(b'"version":2', b'"version":3'))
    (month / "e.xml").write_bytes(alone.document)
    (month / "notes.txt").write_text("not a receipt", encoding="utf-8")
    (month / "trust.json").write_text(world.trust_file().to_json(), encoding="utf-8")
    return month


def run(*arguments: str | Path, trust: Path, at: str = str(CHECKED_AT)) -> int:
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(int(at), tz=UTC).isoformat() if at.isdigit() else at
    return main(["verify", *map(str, arguments), "--trust", str(trust), "--at", moment])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stamped", "查验一致：已上链"),
        ("reversed", "查验一致：已冲红（红票号 "),
        ("exchanged", "查验一致：已换开纸质（纸质票号 "),
        ("booking", "查验一致：报销中"),
        ("booked", "查验一致：已入账"),
        ("red", "查验一致：红票·已上链"),
    ],
)
def test_recorded_bundle__proven_and_said_in_words(name: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RECORDED / f"{name}.json", trust=RECORDED / "trust.json", at=RECORDED_AT) == 0
    written = capsys.readouterr().out
    assert words in written
    assert ("注意：该票据已不能报销" in written) == (name not in ("stamped", "booking"))
    assert "已证明：单位签名有效" in written
    assert "未证明：该区块之后的状态变化" in written
    assert "测试" in written


def test_refused_bundle__exit_code_words_and_step(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "d.json", trust=folder / "trust.json") == 1
    written = capsys.readouterr().out
    assert "证明包版本未知" in written
    assert "bundle-version-unknown" in written
    assert "步骤 format" in written


def test_document_alone__countersigned_and_not_proven(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "e.xml", trust=folder / "trust.json") == 4
    assert "已监制签名，未上链证明" in capsys.readouterr().out


def test_folder__table_with_duplicates_and_sum(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, trust=folder / "trust.json") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "文件",
        "a.json",
        "b.json",
        "c-copy.json",
        "d.json",
        "e.xml",
        "共 5：已证明 3（合计 2980.62），未证明 1，不一致 1，重复 1",
    ]
    assert lines[3].endswith("与 a.json 重复")


def test_json__one_object_for_each_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "a.json", folder / "c-copy.json", folder / "d.json", "--json", trust=folder / "trust.json") == 1
    found = json.loads(capsys.readouterr().out)
    assert [one["result"] for one in found] == ["proven", "proven", "refused"]
    assert [one["duplicate_of"] for one in found] == [None, "a.json", None]
    assert (found[0]["state"], found[0]["amount"], found[0]["block_number"]) == ("stamped", "993.54", 4_711)
    assert (found[2]["step"], found[2]["code"]) == ("format", "bundle-version-unknown")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_list__compared_with_bundles_line_by_line(
    folder: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        "代码,号码,校验码,金额,开票日期",
        "32060126,12,Ab12cD,993.54,20260302",
        "32060126,0000000013,Ab12cD,993.55,2026-03-02",
        "32060126,0000000099,,,",
    ]
    listed = folder.parent / "list.csv"
    listed.write_text("\n".join(rows), encoding=encoding)
    assert run(folder / "a.json", folder / "b.json", "--list", listed, trust=folder / "trust.json") == 1
    lines = capsys.readouterr().out.splitlines()
    assert "查验一致：已上链" in lines[1]
    assert "查验不一致：金额" in lines[2]
    assert "没有该票的证明包" in lines[3]
    assert lines[4].startswith("共 3：已证明 1（合计 993.54），未证明 1，不一致 1")


def test_list__malformed_line__named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = folder.parent / "list.csv"
    listed.write_text("32060126,12,Ab12cD,993.54,20260302\n32060126,x,,,\n", encoding="utf-8")
    assert run(folder / "a.json", "--list", listed, trust=folder / "trust.json") == 1
    assert "清单第 2 行格式有误" in capsys.readouterr().err


def test_code__picture_and_text__signature_of_the_department_and_no_more(
    world: ProofWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = world.issue_by_list()
    bundle = read_bundle(world.bundle(parts).to_bytes())
    text = write_short_qr(
        "https://pj.cz.example",
        world.finance_signer,
        code=bundle.receipt.code,
        number=bundle.receipt.number,
        check_code="Ab12cD",
        amount_fen=bundle.leaf.amount_fen,
        issue_date=world.verify(bundle).issue_date,
    )
    (tmp_path / "code.png").write_bytes(draw_png(text))
    (tmp_path / "trust.json").write_text(world.trust_file().to_json(), encoding="utf-8")
    for source in (text, str(tmp_path / "code.png")):
        assert run(source, trust=tmp_path / "trust.json") == 4
        assert "监制签名有效，链上状态未查" in capsys.readouterr().out
    assert run(text.replace("993.54", "993.55"), trust=tmp_path / "trust.json") == 1


def test_sandbox__said_before_everything_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sandbox = ProofWorld(sandbox=True)
    (tmp_path / "a.json").write_bytes(sandbox.bundle(sandbox.issue_by_list()).to_bytes())
    (tmp_path / "trust.json").write_text(sandbox.trust_file().to_json(), encoding="utf-8")
    assert run(tmp_path / "a.json", trust=tmp_path / "trust.json") == 0
    assert capsys.readouterr().out.startswith("注意：信任文件属于沙箱")
    real = ProofWorld().trust_file().to_json()
    (tmp_path / "real.json").write_text(real, encoding="utf-8")
    assert run(tmp_path / "a.json", trust=tmp_path / "real.json") == 1
    assert "沙箱（测试环境）开出的票据" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--node", "http://127.0.0.1:9"], 1, "须与 --rpc 同用"),
        (["--at", "yesterday"], 1, "--at 不是 ISO 8601"),
        (["--rpc", "http://127.0.0.1:9"], 1, "联网查验一次一张票据"),
    ],
)
def test_options_that_do_not_go_together__said(
    folder: Path, options: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", str(folder / "a.json"), "--trust", str(folder / "trust.json"), *options]
    assert main(arguments) == code
    assert text in capsys.readouterr().err


def test_file_missing_and_trust_that_is_none__said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "none.json", trust=folder / "trust.json") == 2
    assert run(folder / "a.json", trust=folder / "b.json") == 1
    assert "信任文件格式有误" in capsys.readouterr().err

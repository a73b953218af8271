"""The command line: words in Chinese, codes for scripts."""

import json
from pathlib import Path

import pytest

from piaolian_network import cli


def test_cli__no_network__is_refused_with_code_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["up", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "没有 members.toml" in said
    assert "members-file-missing" in said
    assert "piaolian-network init" in said


def test_cli__init_twice__is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["init", str(tmp_path / "network"), "--base-port", "20000"]
    assert cli.main(arguments) == 0
    assert "Clique 是开发引擎" in capsys.readouterr().out
    assert cli.main(arguments) == 1
    assert "network-exists" in capsys.readouterr().err


def test_cli__files_of_clique__writes_genesis_and_refuses_compose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "network"
    cli.main(["init", str(directory), "--base-port", "20000"])
    assert cli.main(["files", str(directory), "--compose", str(tmp_path / "docker-compose.yml")]) == 1
    assert not (directory / "genesis.json").exists()
    assert not (tmp_path / "docker-compose.yml").exists()
    assert cli.main(["files", str(directory)]) == 0
    assert "clique" in json.loads((directory / "genesis.json").read_text(encoding="utf-8"))["config"]
    assert "已生成" in capsys.readouterr().out


def test_cli__trust_without_deployment__says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "network"
    cli.main(["init", str(directory), "--base-port", "20000"])
    (tmp_path / "root.pem").write_text("root", encoding="ascii")
    pem = str(tmp_path / "root.pem")
    options = ["--name", "测试", "--roots", pem, "--supervisors", pem, "--output", str(tmp_path / "trust.json")]
    assert cli.main(["trust", str(directory), *options]) == 1
    assert "piaolian-network deploy" in capsys.readouterr().err
    assert not (tmp_path / "trust.json").exists()


def test_cli__vote_in_a_sandbox__is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "network"
    arguments = [
        "init",
        str(directory),
        "--base-port",
        "20000",
        "--engine",
        "anvil",
        "--validators",
        "1",
        "--kubo",
        "1",
    ]
    assert cli.main(arguments) == 0
    assert cli.main(["vote", str(directory), "add", "0x" + "11" * 20]) == 1
    assert "没有可表决的验证节点" in capsys.readouterr().err


def test_cli__unknown_command__has_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["explode"])
    assert caught.value.code == 2
    assert "explode" in capsys.readouterr().err

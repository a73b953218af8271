"""Processes of a network under supervisord: configuration files, start, stop, and orderly end.

The supervisor is spoken to over its Unix socket. The socket lives in the system's folder for
temporary files under a short name, since the path of a Unix socket is limited to 107 bytes.
"""

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from supervisor.xmlrpc import SupervisorTransport

from piaolian_network.errors import ServiceError, ToolError
from piaolian_network.keys import fingerprint, write_private

# Marks every process of one network in its environment, so that `down` finds exactly its own ones.
MARK_VARIABLE: Final = "PIAOLIAN_NETWORK_MARK"

_POLL_SECONDS: Final = 0.1
_ALREADY_STARTED: Final = 60
_NOT_RUNNING: Final = 70
_BAD_NAME: Final = 10
_AND_WAIT: Final = True


@dataclass(frozen=True)
class Program:
    """One process that the supervisor keeps.

    Attributes:
        name: Name in the supervisor.
        command: Program and arguments; no shell.
        directory: Working folder.
        environment: Added to the supervisor's own environment.
        autostart: Whether it starts together with the supervisor.
        stop_wait_seconds: After that long a process that ignores SIGTERM is killed.
    """

    name: str
    command: list[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    autostart: bool = True
    stop_wait_seconds: int = 20


class Supervisor:
    """The supervisord of one network folder.

    Args:
        folder: The network's folder; `run/` and `logs/` are kept in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.mark = fingerprint(str(folder))
        self._socket = Path(tempfile.gettempdir()) / f"piaolian-{os.geteuid()}" / f"{self.mark}.sock"
        self._run = folder / "run"
        self._programs = self._run / "programs"
        self._config = self._run / "supervisord.conf"

    def write_program(self, program: Program) -> None:
        """Write the supervisor's file for a program; it takes effect at `start` or `update`."""
        environment = {**program.environment, MARK_VARIABLE: self.mark}
        pairs = ",".join(f"{key}={_quote_value(key, value)}" for key, value in sorted(environment.items()))
        log = self._folder / "logs" / f"{program.name}.log"
        lines = [
            f"[program:{program.name}]",
            "command=" + " ".join(_quote(part) for part in program.command),
            f"directory={_escape(str(program.directory))}",
            f"environment={pairs}",
            f"autostart={'true' if program.autostart else 'false'}",
            "autorestart=true",
            "startsecs=1",
            "startretries=3",
            "stopsignal=TERM",
            f"stopwaitsecs={program.stop_wait_seconds}",
            "stopasgroup=true",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_escape(str(log))}",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=1",
        ]
        write_private(self._programs / f"{program.name}.conf", "\n".join(lines) + "\n")

    def remove_program(self, name: str) -> None:
        """Forget a program; a running one is stopped first."""
        path = self._programs / f"{name}.conf"
        if not path.exists():
            raise self._unknown(name)
        path.unlink()
        if self.is_running():
            self.update()

    def program_names(self) -> list[str]:
        """List the programs that have a file, sorted."""
        return sorted(path.stem for path in self._programs.glob("*.conf"))

    def start(self) -> None:
        """Start supervisord and with it every program.

        Raises:
            ToolError: supervisord ended with a failure (`program-failed`).
        """
        (self._folder / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_config()
        executable = Path(sys.executable).with_name("supervisord")
        environment = {**os.environ, MARK_VARIABLE: self.mark}
        done = subprocess.run(
            [str(executable), "-c", str(self._config)],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
            env=environment,
            cwd=self._folder,
        )
        if done.returncode != 0:
            raise ToolError(
                "program-failed",
                f"supervisord ended with {done.returncode}: {done.stderr.strip()[-400:]}",
                f"supervisord 启动失败（退出码 {done.returncode}）",
                f"查看 {self._folder / 'logs' / 'supervisord.log'}。",
            )
        self._wait_until_answering()

    def is_running(self) -> bool:
        """Say whether this folder's supervisor answers."""
        if not self._socket.exists():
            return False
        try:
            self._call("getState")
        except ServiceError:
            return False
        return True

    def update(self) -> None:
        """Take over changed program files: stop removed ones, start added ones, restart changed ones."""
        added, changed, removed = self._call("reloadConfig")[0]
        for name in [*removed, *changed]:
            self._stop_group(name)
            self._call("removeProcessGroup", name)
        for name in [*changed, *added]:
            self._call("addProcessGroup", name)

    def start_program(self, name: str) -> None:
        """Start one program; one that already runs is left alone."""
        try:
            self._call("startProcess", name, _AND_WAIT)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == _ALREADY_STARTED:
                return
            if fault.faultCode == _BAD_NAME:
                raise self._unknown(name) from fault
            raise ToolError(
                "program-failed",
                f"program {name} did not start: {fault.faultString}",
                f"程序 {name} 未能启动：{fault.faultString}",
                f"查看 {self._folder / 'logs' / (name + '.log')}。",
            ) from fault

    def stop_program(self, name: str) -> None:
        """Stop one program and wait for its end; one that does not run is left alone."""
        try:
            self._call("stopProcess", name, _AND_WAIT)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == _BAD_NAME:
                raise self._unknown(name) from fault
            if fault.faultCode != _NOT_RUNNING:
                raise

    def states(self) -> dict[str, str]:
        """Return the supervisor's word on each program (RUNNING, STOPPED, FATAL, ...); empty when it is down."""
        if not self.is_running():
            return {}
        return {entry["name"]: entry["statename"] for entry in self._call("getAllProcessInfo")}

    def pids(self) -> dict[str, int]:
        """Return the process id of each running program; empty when the supervisor is down."""
        if not self.is_running():
            return {}
        return {entry["name"]: entry["pid"] for entry in self._call("getAllProcessInfo") if entry["pid"]}

    def stop(self, *, timeout_seconds: float = 40.0) -> None:
        """End the supervisor and every process that it or an earlier one of this folder started.

        Only processes that carry this network's mark in their environment are touched.

        Raises:
            ToolError: A process outlived SIGKILL (`stop-timeout`).
        """
        seen = self._owned()
        if self.is_running():
            self._call("shutdown")
            self._wait_for_end(seen, timeout_seconds)
        # What still runs was orphaned by an earlier kill of the supervisor, or hangs. One signal each:
        # geth takes repeated ones for impatience and ends without saving its state.
        for number, seconds in ((signal.SIGTERM, timeout_seconds), (signal.SIGKILL, 5.0)):
            self._signal_owned(number)
            self._wait_for_end(seen, seconds)
        left = sorted(self._still_there(seen))
        if left:
            raise ToolError(
                "stop-timeout", f"processes {left} did not end", f"进程 {left} 无法结束", "请检查系统状态。"
            )
        self._socket.unlink(missing_ok=True)

    def _wait_for_end(self, seen: dict[int, str], timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while self._still_there(seen) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def _still_there(self, seen: dict[int, str]) -> set[int]:
        """Return which processes live, those started meanwhile included.

        A process that is ending loses its environment, and with it the mark, before it closes its ports: those
        seen earlier are followed by process id and start time.
        """
        seen.update(self._owned())
        return {pid for pid, started in seen.items() if _start_time(pid) == started}

    def _owned(self) -> dict[int, str]:
        return {pid: started for pid in self.owned_pids() if (started := _start_time(pid))}

    def owned_pids(self) -> list[int]:
        """List the live processes that carry this network's mark, this process excepted."""
        wanted = f"{MARK_VARIABLE}={self.mark}".encode()
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                # The process ended meanwhile, or belongs to another user: not ours.
                continue
        return sorted(found)

    def _signal_owned(self, number: signal.Signals) -> None:
        for pid in self.owned_pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def _write_config(self) -> None:
        folder = self._socket.parent
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.stat()
        if owner.st_uid != os.geteuid() or owner.st_mode & 0o077:
            raise ToolError(
                "program-failed",
                f"{folder} is not a private folder of this user",
                f"{folder} 不是当前用户的私有目录",
                f"删除 {folder} 或改正其属主与权限（0700）。",
            )
        user = "user=root\n" if os.geteuid() == 0 else ""
        text = (
            "[unix_http_server]\n"
            f"file={self._socket}\nchmod=0700\n\n"
            "[supervisord]\n"
            f"logfile={_escape(str(self._folder / 'logs' / 'supervisord.log'))}\n"
            f"pidfile={_escape(str(self._run / 'supervisord.pid'))}\n"
            f"childlogdir={_escape(str(self._folder / 'logs'))}\n"
            f"{user}"
            "nodaemon=false\nminfds=1024\nloglevel=info\n\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\n"
            "[supervisorctl]\n"
            f"serverurl=unix://{self._socket}\n\n"
            "[include]\n"
            f"files={_escape(str(self._programs))}/*.conf\n"
        )
        write_private(self._config, text)

    def _wait_until_answering(self) -> None:
        deadline = time.monotonic() + 15
        while not self.is_running():
            if time.monotonic() > deadline:
                raise ServiceError(
                    "service-unreachable",
                    f"supervisord does not answer on {self._socket}",
                    "supervisord 未响应",
                    f"查看 {self._folder / 'logs' / 'supervisord.log'}。",
                )
            time.sleep(_POLL_SECONDS)

    def _stop_group(self, name: str) -> None:
        self._call("stopProcessGroup", name, _AND_WAIT)

    def _call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - XML-RPC returns what it returns
        proxy = xmlrpc.client.ServerProxy(
            "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{self._socket}")
        )
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as exc:
            raise ServiceError(
                "service-unreachable",
                f"supervisord does not answer on {self._socket}",
                "supervisord 未响应",
                "运行 piaolian-network down，再运行 up。",
            ) from exc
        finally:
            proxy("close")()

    def _unknown(self, name: str) -> ToolError:
        known = ", ".join(self.program_names())
        return ToolError("program-unknown", f"no program {name}; known: {known}", f"没有程序 {name}；已有：{known}")


def _start_time(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; empty when it has ended, even if nobody collected it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(") ")[2].split()
    except OSError:
        return ""
    # Field 3 of proc(5) is the state, field 22 the start time.
    return "" if fields[0] in "ZX" else fields[19]


def _escape(value: str) -> str:
    """Escape a value for supervisor's configuration, where `%` expands."""
    return value.replace("%", "%%")


def _quote_value(key: str, value: str) -> str:
    """Quote one environment value; supervisor's parser knows quotes but no escapes inside them.

    Raises:
        ToolError: The value cannot be written (`program-failed`). The message does not hold it.
    """
    quote = "'" if '"' in value else '"'
    if quote in value or value.strip("'\"") != value or any(ord(character) < ord(" ") for character in value):
        raise ToolError(
            "program-failed",
            f"environment variable {key} holds quotes or control characters that cannot be written",
            f"环境变量 {key} 含有无法写入的引号或控制字符",
            "把该值放进文件，用 <名称>_FILE 指向它。",
        )
    return quote + _escape(value) + quote


def _quote(part: str) -> str:
    """Quote one argument for supervisor's command line, which is read by shlex."""
    return "'" + _escape(part).replace("'", "'\"'\"'") + "'"

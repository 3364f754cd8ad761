"""A real SLURM on one machine, for tests: several virtual nodes, pretended GPUs, no systemd, everything in one folder.

    python tests/slurm/cluster.py FOLDER        starts one, prints its SLURM_CONF, and stops it when stdin closes

Needs root and Debian's packages slurm-wlm and munge; accounting also needs slurmdbd, slurm-wlm-mysql-plugin and
mariadb-server.
"""

import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
ACCOUNTING_PROGRAMS = ("slurmdbd", "sacct", "sacctmgr", "mariadbd", "mariadb-install-db")
GPUS_PER_NODE, CPUS_PER_NODE, MEM_MB_PER_NODE = 2, 4, 8000
START_S = 60.0
# Ports: the controller's, then one for each node, then the accounts' and their data base's.
FIRST_PORT = 16817

CONF = """\
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A job that is queued again waits this long, by default two minutes: longer than KillWait, or it may come back to a
# node where its processes have not ended, which SLURM drains.
AuthInfo=socket={folder}/munge/socket,cred_expire=10
CryptoType=crypto/munge
CredType=cred/munge
SlurmctldPort={port}
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,sched_interval=2,bf_interval=1,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
ReturnToService=2
SlurmdTimeout=300
KillWait=5
MinJobAge=300
DefMemPerCPU=256
JobRequeue=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
"""
ACCOUNTS = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge/socket
AccountingStorageTRES=gres/gpu
"""
NO_ACCOUNTS = "AccountingStorageType=accounting_storage/none\n"
PARTITIONS = """\
PartitionName=main Nodes=ALL Default=YES MaxTime=1-0 DefaultTime=5 PriorityTier=1 State=UP
PartitionName=urgent Nodes=ALL MaxTime=1-0 DefaultTime=5 PriorityTier=10 PreemptMode=OFF State=UP
"""
DBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
LogFile={folder}/log/slurmdbd.log
PidFile={folder}/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={storage_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct
"""
DATABASE = """\
create database if not exists slurm_acct;
create user if not exists slurm@'127.0.0.1' identified by 'slurm';
create user if not exists slurm@localhost identified by 'slurm';
grant all on slurm_acct.* to slurm@'127.0.0.1';
grant all on slurm_acct.* to slurm@localhost;
"""


def why_not(accounting: bool = False) -> str | None:
    """Say why no SLURM can be started here; None if one can."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    needed = PROGRAMS + (ACCOUNTING_PROGRAMS if accounting else ())
    missing = [name for name in needed if shutil.which(name, path=path) is None]
    if missing:
        return f"SLURM is not installed: {', '.join(missing)} missing"
    return None if os.geteuid() == 0 else "starting a SLURM needs root"


class Cluster:
    """A running SLURM.

    Args:
        folder: Of its own; nothing outside of it is touched.
        nodes: Named n1, n2, ...
        accounting: Keep accounts, so that sacct works.
    """

    def __init__(self, folder: Path, nodes: int = 3, accounting: bool = False) -> None:
        self.folder, self.nodes, self.accounting = folder.resolve(), nodes, accounting
        self.port = _free_ports()
        self.conf = self.folder / "slurm.conf"
        self.env = {**os.environ, "SLURM_CONF": str(self.conf)}
        self.env["PATH"] = self.env.get("PATH", "") + ":/usr/sbin:/sbin"
        self._database: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Cluster":
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command of SLURM; return what it writes."""
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def _start(self) -> None:
        folder = self.folder
        for name in ("state", "log", "run", "dev", "munge", *(f"spool/n{n}" for n in range(1, self.nodes + 1))):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "munge").chmod(0o711)
        key = folder / "munge/key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        for gpu in range(GPUS_PER_NODE):  # character devices, or SLURM shows no GPU to the job; these are /dev/null
            os.mknod(folder / f"dev/nvidia{gpu}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        self._write_configuration()
        parts = ("socket", "pid-file=pid", "log-file=log", "seed-file=seed", "key-file=key")
        flags = [f"--{part.split('=')[0]}={folder}/munge/{part.split('=')[-1]}" for part in parts]
        self.run("munged", "--force", *flags)
        if self.accounting:
            self._start_accounts()
        self.run("slurmctld", "-c")
        for number in range(1, self.nodes + 1):
            self.run("slurmd", "-N", f"n{number}")
        self._wait("nodes", lambda: self._idle() == self.nodes)

    def _idle(self) -> int:
        return self.run("sinfo", "-h", "-N", "-p", "main", "-o", "%t", check=False).split().count("idle")

    def _write_configuration(self) -> None:
        names = {"folder": self.folder, "host": socket.gethostname().split(".")[0], "port": self.port}
        accounts = ACCOUNTS.format(folder=self.folder, port=self.port + 90) if self.accounting else NO_ACCOUNTS
        lines = "".join(
            f"NodeName=n{n} NodeHostname={names['host']} NodeAddr=127.0.0.1 Port={self.port + n} "
            f"CPUs={CPUS_PER_NODE} RealMemory={MEM_MB_PER_NODE} Gres=gpu:{GPUS_PER_NODE} State=UNKNOWN\n"
            for n in range(1, self.nodes + 1)
        )
        self.conf.write_text(CONF.format(**names) + accounts + lines + PARTITIONS)
        (self.folder / "gres.conf").write_text(f"Name=gpu File={self.folder}/dev/nvidia[0-{GPUS_PER_NODE - 1}]\n")

    def _start_accounts(self) -> None:
        folder, storage_port = self.folder, self.port + 91
        data, socket_path = folder / "db", folder / "run/mysql.sock"
        log = (folder / "log/mariadb.log").open("wb")
        install = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db",
                   "--auth-root-authentication-method=normal"]  # fmt: skip
        subprocess.run(install, env=self.env, check=True, stdout=log, stderr=log)
        serve = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={socket_path}",
                 "--bind-address=127.0.0.1", f"--port={storage_port}", "--innodb-buffer-pool-size=64M",
                 "--innodb-lock-wait-timeout=900"]  # fmt: skip
        self._database = subprocess.Popen(serve, env=self.env, stdout=log, stderr=log, start_new_session=True)
        client = ["mariadb", "--no-defaults", f"--socket={socket_path}", "--user=root"]
        self._wait("data base", lambda: subprocess.run(client, input=DATABASE.encode(), stderr=log).returncode == 0)
        conf = folder / "slurmdbd.conf"
        conf.write_text(DBD_CONF.format(folder=folder, port=self.port + 90, storage_port=storage_port))
        conf.chmod(0o600)
        self.run("slurmdbd")
        self._wait("accounts", lambda: self._knows("cluster", ""))
        self.run("sacctmgr", "-n", "-i", "add", "cluster", "throwaway")
        self._wait("the cluster's accounts", lambda: self._knows("cluster", "throwaway"))

    def _knows(self, what: str, name: str) -> bool:
        try:
            return name in self.run("sacctmgr", "-n", "show", what)
        except RuntimeError:
            return False

    def _wait(self, what: str, ready: object) -> None:
        until = time.monotonic() + START_S
        while not ready():  # type: ignore[operator]
            if time.monotonic() > until:
                raise RuntimeError(f"SLURM: {what} not ready after {START_S:g} s; see {self.folder}/log")
            time.sleep(0.1)

    def _stop(self) -> None:
        """End what was started, and wait: a controller that ends late removes the file of the next one's process."""
        run = self.folder / "run"
        if (run / "slurmctld.pid").exists():
            self.run("scancel", "--quiet", "--me", check=False)
        files = [*run.glob("slurmd.*.pid"), run / "slurmctld.pid", run / "slurmdbd.pid", self.folder / "munge/pid"]
        for file in files:
            if file.is_file() and file.read_text().strip():
                _end(int(file.read_text()))
        if self._database is not None:
            self._database.terminate()
            self._database.wait(30)


def _free_ports() -> int:
    """Return the first of a hundred ports of which those used here are free.

    An earlier test may have been killed, and another one may be choosing at this moment.
    """
    for number in range(30):
        first = FIRST_PORT + 100 * ((os.getpid() + number) % 30)
        try:
            for port in (first, *range(first + 1, first + 9), first + 90, first + 91):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("SLURM: no free ports")


def _end(pid: int) -> None:
    for number, tries in ((signal.SIGTERM, 150), (signal.SIGKILL, 50)):
        for attempt in range(tries):
            try:
                os.kill(pid, number if attempt == 0 else 0)
            except ProcessLookupError:
                return
            time.sleep(0.1)


if __name__ == "__main__":
    with Cluster(Path(sys.argv[1])) as cluster:
        print(f"export SLURM_CONF={cluster.conf}", flush=True)
        sys.stdin.read()

"""Starts and stops what is measured: Tollgate, the peer and nginx, each on a free loopback port."""
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request

MASTER_KEY = hashlib.sha256(b"tollgate benchmark").hexdigest()
SECRET = "whsec_of_the_benchmark_0123456789"
PEER_SECRET = "whsec_test"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that answers on a port; `rows` is what its database must grow by."""

    rows = None

    def __init__(self, name, arguments, port, folder, environment=None, database=None):
        self.name, self.port, self.database = name, port, database
        self.log = open(os.path.join(folder, f"{name}-{port}.log"), "wb")
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            arguments, cwd=folder, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})})

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait(self, path, status=200, seconds=120):
        """Waits until a path answers so; the seconds since the start."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended at once: {self.tail()}")
            if answers(self.port, path, status):
                return time.monotonic() - self.begun
            time.sleep(0.001)
        raise SystemExit(f"{self.name} does not answer: {self.tail()}")

    def tail(self):
        with open(self.log.name, "rb") as log:
            return log.read()[-500:].decode(errors="replace")

    def memory(self, field="VmRSS"):
        """Resident memory in MB, of the process and its children."""
        return sum(resident(pid, field) for pid in family(self.process.pid)) / 1024

    def processor(self):
        """Seconds of processor so far, of the process and its children."""
        ticks = 0
        for pid in family(self.process.pid):
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def count(self, rows=None):
        """How many deliveries, or other rows, are on disk."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as database:
            return database.execute(f"SELECT count(*) FROM {rows or self.rows}").fetchone()[0]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        os.unlink(self.log.name)


def answers(port, path, status):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(f"HTTP/1.1 {status} ".encode())
    except OSError:
        return False


def family(pid):
    pids = [pid]
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            for child in children.read().split():
                pids += family(int(child))
    except OSError:
        pass
    return pids


def resident(pid, field):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0


class Programs:
    """The built programs, and the folder in which everything runs."""

    def __init__(self, binaries, folder, peer=None):
        self.tollgate = os.path.join(binaries, "tollgate")
        self.seeder = os.path.join(binaries, "tollgate-benchmark")
        self.folder = folder
        self.peer = os.path.abspath(peer) if peer else None
        self.nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.platform = None
        self.running = []

    def stop(self):
        for server in self.running:
            server.stop()

    def sandbox(self):
        """A platform for the server to talk to."""
        if self.platform is None:
            port = free_port()
            self.platform = Server(
                "sandbox", [self.tollgate, "sandbox", "--port", str(port)], port, self.folder)
            self.running.append(self.platform)
            wait_for_port(self.platform)
        return self.platform

    def seed(self, count):
        """A database with that many subscriptions, made once, and the file of its tokens."""
        database = os.path.join(self.folder, f"seed-{count}.db")
        tokens = os.path.join(self.folder, f"tokens-{count}")
        if os.path.exists(tokens):
            return database, tokens
        smaller = self.largest_seed(below=count)
        if smaller:
            shutil.copy(smaller, database)
        subprocess.run(
            [self.seeder, "seed", database, str(count)], check=True,
            env={**os.environ, "TOLLGATE_MASTER_KEY": MASTER_KEY}, stdout=subprocess.DEVNULL)
        with open(tokens, "wb") as out:
            subprocess.run([self.seeder, "tokens", str(count)], check=True, stdout=out)
        return database, tokens

    def largest_seed(self, below):
        counts = [int(name[5:-3]) for name in os.listdir(self.folder)
                  if name.startswith("seed-") and name.endswith(".db")]
        counts = [count for count in counts if count < below]
        return os.path.join(self.folder, f"seed-{max(counts)}.db") if counts else None

    def start_tollgate(self, count):
        """A server on a copy of the seeded database, ready."""
        seed, tokens = self.seed(count)
        database = fresh(os.path.join(self.folder, "tollgate.db"))
        shutil.copy(seed, database)
        port = free_port()
        server = Server("tollgate", [self.tollgate, "serve"], port, self.folder, {
            "TOLLGATE_DATABASE": database,
            "TOLLGATE_LISTEN": f"127.0.0.1:{port}",
            "TOLLGATE_MASTER_KEY": MASTER_KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            # The platform has nothing of what was seeded; comparing it would be measured too.
            "TOLLGATE_DRIFT": "365d",
            "DREAMFACTORY_URL": self.sandbox().url,
            "DREAMFACTORY_EMAIL": "admin@example.com",
            "DREAMFACTORY_PASSWORD": "sandbox-password",
        }, database)
        server.rows, server.secret, server.tokens = "inbox", SECRET, tokens
        server.ready = server.wait("/readyz")
        return server

    def start_peer(self, count):
        """The other program, called as `PATH DATABASE PORT SUBSCRIPTIONS`."""
        tokens = os.path.join(self.folder, f"peer-tokens-{count}")
        if not os.path.exists(tokens):
            with open(tokens, "w") as out:
                out.writelines(f"token-{number}\n" for number in range(count))
        database = os.path.join(self.folder, f"peer-{count}.db")
        port = free_port()
        server = Server("peer", [self.peer, database, str(port), str(count)], port, self.folder,
                        {"LOG_LEVEL": "error"}, database)
        server.rows, server.secret, server.tokens = "event", PEER_SECRET, tokens
        wait_for_port(server)
        return server

    def start_nginx(self, body, tokens):
        """nginx answering every request with the same body."""
        port = free_port()
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w") as out:
            out.write(NGINX % (self.folder, os.cpu_count(), self.folder, port, body))
        server = Server("nginx", [self.nginx, "-p", self.folder, "-c", path], port, self.folder)
        server.tokens = tokens
        wait_for_port(server)
        return server


NGINX = """daemon off; pid %s/nginx.pid; error_log stderr crit; worker_processes %d;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path %s/nginx-body;
server { listen 127.0.0.1:%d; default_type application/json; location / { return 200 '%s'; } } }
"""


def wait_for_port(server, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.process.poll() is not None:
            raise SystemExit(f"{server.name} ended at once: {server.tail()}")
        try:
            socket.create_connection(("127.0.0.1", server.port), 5).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"{server.name} does not listen.")


def fresh(database):
    for suffix in ("", "-wal", "-shm", ".lock", ".sock"):
        try:
            os.unlink(database + suffix)
        except FileNotFoundError:
            pass
    return database


def key_answer(server):
    """The body of a lookup, to give nginx one of the same size."""
    with open(server.tokens) as tokens:
        token = tokens.readline().strip()
    request = urllib.request.Request(
        server.url + "/v1/key", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()

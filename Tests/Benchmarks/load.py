"""Puts load on a server and says what came of it."""
import hashlib
import hmac
import http.client
import json
import os
import resource
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BODY = (
    '{"id":"%s","object":"event","type":"customer.subscription.updated",'
    '"api_version":"2026-07-29.dahlia","created":%d,"livemode":false,"data":{"object":{'
    '"id":"sub_%d","object":"subscription","customer":"cus_%d","status":"active",'
    '"cancel_at_period_end":false,"created":%d,"items":{"object":"list","data":[{"id":"si_%d",'
    '"object":"subscription_item","quantity":1,"current_period_start":%d,'
    '"current_period_end":%d,"price":{"id":"price_pro","object":"price","product":"prod_1"}}]},'
    '"metadata":{"note":"' + "x" * 1000 + '"}}}}'
)


def wrk(script, url, connections, seconds, environment):
    """One run of wrk: requests a second, latencies in milliseconds, refusals and broken ones."""
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s",
         os.path.join(HERE, script), url],
        check=True, capture_output=True, text=True, env={**os.environ, **environment}).stdout
    result = json.loads(next(
        line for line in text.splitlines() if line.startswith("RESULT "))[len("RESULT "):])
    return {
        "rate": result["requests"] / result["microseconds"] * 1e6,
        "requests": result["requests"], "bad": result["refused"] + result["broken"],
        "p50": result["p50"] / 1000, "p99": result["p99"] / 1000,
    }


def measured(server, script, connections, seconds, environment):
    """A run of wrk, and what it cost the server in microseconds of processor a request."""
    before = server.processor()
    result = wrk(script, server.url, connections, seconds, environment)
    result["cost"] = (server.processor() - before) / max(1, result["requests"]) * 1e6
    return result


def lookups(server, seconds, connections=64, pause=0):
    result = measured(server, "lookup.lua", connections, seconds,
                      {"TOKENS": server.tokens, "PAUSE": str(pause)})
    if result["bad"]:
        raise SystemExit(f"{server.name}: {result['bad']} lookups went wrong. {server.tail()}")
    return result


def make_delivery(number, secret, subscriptions, now):
    """`(signature, body)` of an event of its own about one of the subscriptions."""
    which = number * 7919 % subscriptions
    body = BODY % (f"evt_{now}_{number}", now, which, which, now, which, now, now + 30 * 86400)
    return sign(body, secret, now), body


def sign(body, secret, now):
    code = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={now},v1={code}"


def deliveries(server, folder, count, subscriptions):
    """A file of new deliveries."""
    path = os.path.join(folder, "deliveries")
    now = int(time.time())
    with open(path, "w") as out:
        for number in range(count):
            out.write("%s\t%s\n" % make_delivery(number, server.secret, subscriptions, now))
    return path


def webhooks(server, folder, seconds, connections, count, subscriptions):
    """Deliveries that are on disk, a second; an acknowledged one that is not there ends it all."""
    path = deliveries(server, folder, count, subscriptions)
    before = server.count()
    result = measured(server, "webhooks.lua", connections, seconds, {"DELIVERIES": path})
    stored = server.count() - before
    # wrk ends without reading the answers to what it sent last; the last delivery may go twice.
    if result["bad"] or stored < result["requests"] - 2 * connections:
        raise SystemExit(
            f"{server.name}: {result['requests']} acknowledged, {result['bad']} refused, "
            f"{stored} on disk. {server.tail()}")
    return result


def provision(server, calls):
    """New subscriptions, until the platform was called that often; the calls made."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    number, now, last = 10_000_000, int(time.time()), time.monotonic()
    made = 0
    while made < calls:
        # About three calls each; a few hundred ahead of the provisioner are enough.
        if number - 10_000_000 < made / 3 + 300:
            body = BODY % (f"evt_new_{number}", now, number, number, now, number, now,
                           now + 30 * 86400)
            post(connection, sign(body, server.secret, now), body)
            number += 1
        else:
            time.sleep(0.05)
        if number % 100 == 0 or time.monotonic() - last > 0.5:
            made, last = server.count("attempt"), time.monotonic()
    return made


def post(connection, signature, body):
    """The status of the answer to a delivery."""
    connection.request("POST", "/webhooks/stripe", body, {"Stripe-Signature": signature})
    answer = connection.getresponse()
    answer.read()
    return answer.status


class Idle:
    """Connections that are opened and then say nothing."""

    def __init__(self, server, count):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 512)), hard))
        self.sockets = [
            socket.create_connection(("127.0.0.1", server.port), 30) for _ in range(count)]

    def open(self):
        """How many the server has not closed."""
        return sum(map(self.is_open, self.sockets))

    @staticmethod
    def is_open(connection):
        try:
            connection.setblocking(False)
            return connection.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self):
        for connection in self.sockets:
            connection.close()


class Trickle(threading.Thread):
    """Deliveries at a steady rate; counts those that were acknowledged and those that were not."""

    def __init__(self, server, rate, subscriptions):
        super().__init__(daemon=True)
        self.server, self.rate, self.subscriptions = server, rate, subscriptions
        self.acknowledged, self.lost, self.ends = 0, 0, threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        begun, number, now = time.monotonic(), 0, int(time.time())
        while not self.ends.is_set():
            signature, body = make_delivery(
                number, self.server.secret, self.subscriptions, now)
            if post(connection, signature, body) == 200:
                self.acknowledged += 1
            else:
                self.lost += 1
            number += 1
            time.sleep(max(0, begun + number / self.rate - time.monotonic()))

    def finish(self):
        self.ends.set()
        self.join()

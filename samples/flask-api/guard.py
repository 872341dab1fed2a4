"""Refuses the tokens of ended Exeunt sessions, with Python's standard library alone.

That library cannot verify ES256, so this guard asks the server about a token (RFC 7662) and remembers the answer. It follows the revocation feed
(docs/feed.md) for one purpose: whenever anything has ended, all that it remembers is forgotten, and when it loses touch, nothing is remembered at all.
So a session that has ended is refused as soon as the event is here, and a server that is away means 503.
"""

import base64
import hashlib
import http.client
import json
import logging
import random
import ssl
import threading
import time
from urllib.parse import urlencode, urlsplit

STALE_AFTER = 15  # seconds: three heartbeats
LONGEST_LINE = 8 * 1024 * 1024  # bytes of the feed
LONGEST_TOKEN = 8 * 1024  # characters
REMEMBERED = 10_000

log = logging.getLogger("exeunt")


class Unknown(Exception):
    """Nobody can say now whether the token is good: answer 503."""


class Guard:
    def __init__(self, server, issuer, audience, client_id, client_secret):
        self._url = urlsplit(server)
        self._issuer, self._audience = issuer, audience
        self._credentials = "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._lock = threading.Lock()
        self._known = {}  # SHA-256 of a token: its claims
        self._forgets = 0  # how often it was forgotten: an answer from before does not count
        self._fresh_until = 0.0  # on the monotonic clock

    def start(self):
        """Begins to follow the feed, in a thread that ends with the process."""
        threading.Thread(target=self._follow_for_ever, name="exeunt-feed", daemon=True).start()

    def claims_of(self, token):
        """What a good access token says; None for any other. Raises Unknown when nobody can say."""
        if len(token) > LONGEST_TOKEN:
            return None
        name = hashlib.sha256(token.encode()).digest()
        with self._lock:
            claims, forgets = self._known.get(name), self._forgets
        if claims and time.monotonic() < self._fresh_until and time.time() < claims["exp"]:
            return claims
        claims = self._ask(token)
        with self._lock:
            self._known.pop(name, None)
            if claims and forgets == self._forgets and time.monotonic() < self._fresh_until:
                while len(self._known) >= REMEMBERED:
                    del self._known[next(iter(self._known))]  # the oldest
                self._known[name] = claims
        return claims

    def _ask(self, token):
        try:
            status, body = self._post("/oauth2/introspect", "application/x-www-form-urlencoded", urlencode({"token": token}), 2)
            if status != 200:
                raise ValueError(f"{status} instead of an answer: check the client's credentials and scopes")
            claims = json.loads(body)
            if claims["active"] is not True:
                return None
            # A refresh token is active, too, but has no token_type; a token for another API is not for this one.
            right = claims.get("token_type") == "Bearer" and claims["iss"] == self._issuer and self._audience in claims["aud"]
            return claims if right and isinstance(claims["exp"], int) else None
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as failure:
            log.warning("The server cannot be asked about a token: %s", failure)
            raise Unknown from failure

    def _follow_for_ever(self):
        place, failures = None, 0
        while True:
            try:
                for place, lived in self._follow(place):
                    failures = 0 if lived else failures
                log.info("The server ended the stream of revocations")
            except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as failure:
                log.warning("The stream of revocations was lost: %s", failure)
            self._forget(0)
            failures += 1
            time.sleep(random.uniform(0, min(0.25 * 2 ** min(failures, 10), 10)))

    def _follow(self, place):
        """Yields where it stands, and whether it is in touch, after each event."""
        connection = self._connect(STALE_AFTER)
        try:
            headers = {"Authorization": self._credentials, "Accept": "text/event-stream", **({"Last-Event-ID": place} if place else {})}
            connection.request("GET", self._url.path.rstrip("/") + "/api/v1/revocations/stream?name=flask", headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                raise ValueError(f"{response.status} instead of the stream: check the client's credentials and scopes")
            stream = response.getheader("Exeunt-Stream")
            for name, event_id, data in read_events(response):
                place = event_id or place
                if name in ("revocation", "snapshot"):
                    self._forget()
                elif name == "heartbeat":
                    beat = json.loads(data)
                    place = beat["newest"]
                    self._fresh_until = time.monotonic() + STALE_AFTER - max(0, beat["time"] - beat["as_of"]) / 1000
                elif name == "ack" and place:
                    # Everything up to here was forgotten, so it is enforced.
                    self._post("/api/v1/revocations/ack", "application/json", json.dumps({"stream": stream, "id": place}), 5)
                yield place, name == "heartbeat"
        finally:
            connection.close()

    def _forget(self, fresh_until=None):
        with self._lock:
            self._known.clear()
            self._forgets += 1
            if fresh_until is not None:
                self._fresh_until = fresh_until

    def _post(self, path, kind, body, timeout):
        connection = self._connect(timeout)
        try:
            headers = {"Authorization": self._credentials, "Content-Type": kind}
            connection.request("POST", self._url.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            return response.status, response.read(64 * 1024)
        finally:
            connection.close()

    # http.client follows no redirect, so the credentials go where they were meant to.
    def _connect(self, timeout):
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(self._url.netloc, timeout=timeout, context=ssl.create_default_context())
        return http.client.HTTPConnection(self._url.netloc, timeout=timeout)


def read_events(response):
    """The events of a text/event-stream: name, id and data. The server writes each on one line of data."""
    name, event_id, data = "", None, ""
    while line := response.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise ValueError("an event is too large")
        field, _, value = line.decode().rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "id":
            event_id = value
        elif field == "data":
            data = value
        elif not field and not value:
            if data:
                yield name, event_id, data
            name, event_id, data = "", None, ""

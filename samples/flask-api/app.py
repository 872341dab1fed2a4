"""A Flask API that refuses a session's tokens from the moment it has ended. Everything about Exeunt is in guard.py and in the decorator."""

import functools
import logging
import os
import signal
import sys

from flask import Flask, g, request
from werkzeug.serving import make_server

from guard import Guard, Unknown

server = os.environ.get("EXEUNT", "http://127.0.0.1:8080")
guard = Guard(
    server,
    issuer=os.environ.get("ISSUER", server),
    audience=os.environ.get("AUDIENCE", "exeunt"),
    client_id=os.environ["EXEUNT_CLIENT_ID"],
    client_secret=os.environ["EXEUNT_CLIENT_SECRET"],
)
app = Flask(__name__)


def signed_in(view):
    """Lets a request through whose access token is good and whose session is alive; g.claims says whose it is."""

    @functools.wraps(view)
    def guarded(*args, **kwargs):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return refuse(401)
        token = token.strip(" ")
        if not token or " " in token:
            return refuse(400, "invalid_request", "Write the header as: Authorization: Bearer token.")
        try:
            g.claims = guard.claims_of(token)
        except Unknown:
            return "", 503, {"Retry-After": "5", "Cache-Control": "no-store"}  # a 401 would make clients refresh in a circle
        return view(*args, **kwargs) if g.claims else refuse(401, "invalid_token", "The access token is not valid, or its session has ended.")

    return guarded


def refuse(status, error=None, description=None):
    """RFC 6750 section 3: without credentials there is no error code."""
    challenge = 'Bearer realm="exeunt"' + (f', error="{error}", error_description="{description}"' if error else "")
    return "", status, {"WWW-Authenticate": challenge, "Access-Control-Expose-Headers": "WWW-Authenticate", "Cache-Control": "no-store"}


@app.get("/")
@signed_in
def hello():
    return f"Hello {g.claims['sub']}\n"


@app.get("/healthz")
def healthy():
    return "OK\n"


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    guard.start()
    serving = make_server("127.0.0.1", int(os.environ.get("PORT", "5000")), app, threaded=True)
    print(f"Now listening on http://127.0.0.1:{serving.server_port}", flush=True)
    serving.serve_forever()

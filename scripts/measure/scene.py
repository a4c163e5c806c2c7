"""The clients, tokens and keys that loads need, made through the server's own doors."""

import base64
import concurrent.futures
import http.client
import json
import subprocess
import threading
import time
import urllib.parse

ACCESS_TOKEN_KEYS = "hydra.jwt.access-token"
SECRET = "a-secret-for-measuring"
ASK = "grant_type=client_credentials&scope=api"


class Scene:
    """One server, spoken to over one connection for each thread."""

    def __init__(self, server):
        self.server, self.local = server, threading.local()

    def call(self, method, url, body=None, kind="application/json", credentials=None):
        address = urllib.parse.urlsplit(url)
        connections = self.local.__dict__
        if address.port not in connections:
            connections[address.port] = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        headers = {"Content-Type": kind} if body else {}
        if credentials:
            headers["Authorization"] = f"Basic {credentials}"
        connection = connections[address.port]
        connection.request(method, f"{address.path}?{address.query}".rstrip("?"), body, headers)
        response = connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {url}: {response.status} {text.decode()}")
        return json.loads(text) if text else None

    def client(self, name, **metadata):
        """Makes a client and gives its Basic credentials."""
        client = {"client_id": name, "client_secret": SECRET, "grant_types": ["client_credentials"], "scope": "api", **metadata}
        self.call("POST", f"{self.server.admin}/admin/clients", json.dumps(client))
        return credentials(name)

    def token(self, credentials):
        form = "application/x-www-form-urlencoded"
        return self.call("POST", f"{self.server.public}/oauth2/token", ASK, form, credentials)["access_token"]

    def tokens(self, many):
        """A token for each of many clients, so that the server has seen the secret of each once."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return list(pool.map(self.token, many))

    def forget_tokens_of(self, name):
        self.call("DELETE", f"{self.server.admin}/admin/oauth2/tokens?client_id={name}")

    def sign_with(self, algorithm):
        """Puts a new key in front of those that sign access tokens, and waits until the server uses it."""
        keys = f"{self.server.admin}/admin/keys/{ACCESS_TOKEN_KEYS}"
        if algorithm == "RS256, 2048 bits":
            self.call("PUT", f"{keys}/measured-2048", json.dumps(rsa_key("measured-2048", 2048)))
        else:
            # RSA keys that the server makes have 4096 bits.
            self.call("POST", keys, json.dumps({"alg": algorithm.partition(",")[0], "use": "sig"}))
        time.sleep(3)

    def mixed_tokens(self):
        """Tokens to introspect, a quarter each: live, changed on the way, made here but unknown by now, and expired."""
        live, gone = self.client("introspected"), self.client("forgotten")
        brief = self.client("brief", client_credentials_grant_access_token_lifespan="1s")
        rounds = []
        for _ in range(16):
            token = self.token(live)
            rounds.append((token, changed(token), self.token(gone), self.token(brief)))
        self.forget_tokens_of("forgotten")
        time.sleep(2)
        return [token for turn in rounds for token in turn]


def credentials(name):
    return base64.b64encode(f"{name}:{SECRET}".encode()).decode()


def changed(token):
    """The same token with another first character of its MAC."""
    head, _, tail = token.rpartition(".")
    return f"{head}.{'A' if tail[0] != 'A' else 'B'}{tail[1:]}"


def rsa_key(kid, bits):
    """A private key as a JWK. The server itself makes none of fewer than 4096 bits; openssl does."""
    pem = subprocess.run(["openssl", "genrsa", "-traditional", str(bits)], check=True, capture_output=True, text=True).stdout
    parsed = subprocess.run(["openssl", "asn1parse"], input=pem, check=True, capture_output=True, text=True).stdout
    numbers = [line.rpartition(":")[2] for line in parsed.splitlines() if "INTEGER" in line]
    # The first number is the version of the structure (RFC 8017, appendix A.1.2).
    members = dict(zip(("n", "e", "d", "p", "q", "dp", "dq", "qi"), map(base64url, numbers[1:])))
    return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", **members}


def base64url(number):
    raw = bytes.fromhex(number.zfill(len(number) + len(number) % 2))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

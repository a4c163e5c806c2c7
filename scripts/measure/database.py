"""What is done behind the server's back: the size of its database, and rows by the million."""

import base64
import hashlib
import os
import re
import sqlite3
import subprocess
import urllib.parse

from scene import SECRET

# Cheap hashes, so that making 100,000 clients and seeing each once does not take an hour. What is measured is the same: a hash
# that was verified is not verified again.
ROUNDS = 1

COPIED_OF_A_TOKEN = (
    "requested_at, scope, granted_scope, form_data, session_data, active, requested_audience, granted_audience, nid, expires_at"
)


def kind(dsn):
    return {"postgresql": "postgres"}.get(dsn.split(":")[0], dsn.split(":")[0])


def size(dsn):
    """Bytes, indexes included."""
    match kind(dsn):
        case "sqlite":
            file = sqlite_file(dsn)
            return sum(os.path.getsize(part) for part in (file, f"{file}-wal") if os.path.exists(part))
        case "postgres":
            return int(run(dsn, "select pg_database_size(current_database())"))
        case _:
            return int(
                run(dsn, "select sum(data_length + index_length) from information_schema.tables where table_schema = database()")
            )


def add_clients(dsn, count):
    """Copies the client `opaque` to `many-0000000` and so on, each with a stored secret of its own."""
    columns = client_columns(dsn)
    kept = ", ".join(column for column in columns if column not in ("id", "client_secret"))
    rows = ",\n".join(f"('{name(number)}', '{stored_secret(number)}')" for number in range(count))
    run(dsn, "create table measured_clients (id varchar(255), client_secret text)")
    run(dsn, f"insert into measured_clients values {rows}")
    run(
        dsn,
        f"insert into hydra_client (id, client_secret, {kept}) select m.id, m.client_secret, {prefixed('c', kept)} "
        "from hydra_client c, measured_clients m where c.id = 'opaque'",
    )
    run(dsn, "drop table measured_clients")


def add_tokens(dsn, step, count, clients):
    """Copies a token `count` times. Keys cover their whole range evenly but come in order, so that indexes are built fast."""
    sqlite = kind(dsn) == "sqlite"
    stride, tokens_of_a_client = 2**60 // count, -(-count // clients)
    signature, request, client = (
        (f"printf('%015x', i * {stride})", f"printf('{step:08x}-0000-7000-8000-%012x', i)", f"printf('many-%07d', i / {tokens_of_a_client})")
        if sqlite
        else (
            f"lpad(to_hex(i * {stride}), 15, '0')",
            f"'{step:08x}-0000-7000-8000-' || lpad(to_hex(i), 12, '0')",
            f"'many-' || lpad((i / {tokens_of_a_client})::text, 7, '0')",
        )
    )
    numbers = (
        f"(with recursive numbers(i) as (select 0 union all select i + 1 from numbers where i < {count - 1}) select i from numbers)"
        if sqlite
        else f"(select generate_series(0::bigint, {count - 1}) as i)"
    )
    # Whether each client exists need not be looked up millions of times.
    trusting = "" if sqlite else "set session_replication_role = replica; "
    run(
        dsn,
        f"{trusting}insert into hydra_oauth2_access (signature, request_id, client_id, subject, {COPIED_OF_A_TOKEN}) "
        f"select {signature} || '{step:02d}' || substr(t.signature, 18), {request}, {client}, {client}, "
        f"{prefixed('t', COPIED_OF_A_TOKEN)} from {numbers} n, (select * from hydra_oauth2_access where client_id = 'opaque' limit 1) t",
    )
    if not sqlite:
        run(dsn, "vacuum analyze hydra_oauth2_access")


def name(number):
    return f"many-{number:07d}"


def stored_secret(number):
    salt = number.to_bytes(16, "big")
    key = hashlib.pbkdf2_hmac("sha256", SECRET.encode(), salt, ROUNDS)
    return f"$pbkdf2-sha256$i={ROUNDS},l=32${unpadded(salt)}${unpadded(key)}"


def unpadded(raw):
    return base64.b64encode(raw).rstrip(b"=").decode()


def client_columns(dsn):
    if kind(dsn) == "sqlite":
        listed = run(dsn, "select group_concat(name) from pragma_table_info('hydra_client')")
    else:
        listed = run(
            dsn,
            "select string_agg(column_name, ',') from information_schema.columns where table_name = 'hydra_client' "
            "and is_generated = 'NEVER' and is_identity = 'NO'",
        )
    return [column for column in listed.split(",") if column != "pk"]


def prefixed(table, columns):
    return ", ".join(f"{table}.{column.strip()}" for column in columns.split(","))


def sqlite_file(dsn):
    return re.sub(r"\?.*", "", dsn.removeprefix("sqlite://"))


def run(dsn, statement):
    """Runs a statement and gives its first value, if any, as text."""
    if kind(dsn) == "sqlite":
        connection = sqlite3.connect(sqlite_file(dsn), timeout=60)
        connection.execute("pragma cache_size = -1000000")
        with connection:
            row = connection.execute(statement).fetchone()
        connection.close()
        return str(row[0]) if row else ""
    address = urllib.parse.urlsplit(dsn)
    if kind(dsn) == "postgres":
        command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", dsn]
    else:
        # mysql://user:password@tcp(host:port)/name or mysql://user:password@host:port/name
        login, _, place = address.netloc.rpartition("@")
        user, _, password = login.partition(":")
        host, _, port = place.removeprefix("tcp(").rstrip(")").partition(":")
        command = ["mariadb", "--no-defaults", "--protocol=tcp", "-N", "-h", host, "-P", port or "3306", "-u", user]
        command += [f"--password={password}"] if password else []
        command += [address.path.strip("/")]
    ran = subprocess.run(command, input=statement, check=True, capture_output=True, text=True)
    return ran.stdout.strip()

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
            # What the log holds has a place in the file only after this; the log itself does not grow with the tokens.
            run(dsn, "pragma wal_checkpoint(passive)")
            return os.path.getsize(sqlite_file(dsn))
        case "postgres":
            return int(run(dsn, "select pg_database_size(current_database())"))
        case _:
            # Sizes come with the statistics.
            run(dsn, "analyze table hydra_oauth2_access, hydra_client")
            return int(
                run(dsn, "select sum(data_length + index_length) from information_schema.tables where table_schema = database()")
            )


def tokens(dsn):
    return int(run(dsn, "select count(*) from hydra_oauth2_access"))


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
    stride, tokens_of_a_client = 2**60 // count, -(-count // clients)
    request = f"{step:08x}-0000-7000-8000-"
    match kind(dsn):
        case "sqlite":
            numbers = (
                "(with recursive numbers(i) as (select 0 union all select i + 1 from numbers "
                f"where i < {count - 1}) select i from numbers)"
            )
            signature, request = f"printf('%015x', i * {stride}) || ", f"printf('{request}%012x', i)"
            signature += f"'{step:02d}' || substr(t.signature, 18)"
            client = f"printf('many-%07d', i / {tokens_of_a_client})"
            before, after = "", "analyze"
        case "postgres":
            numbers = f"(select generate_series(0::bigint, {count - 1}) as i)"
            signature = f"lpad(to_hex(i * {stride}), 15, '0') || '{step:02d}' || substr(t.signature, 18)"
            request = f"'{request}' || lpad(to_hex(i), 12, '0')"
            client = f"'many-' || lpad((i / {tokens_of_a_client})::text, 7, '0')"
            # Whether each client exists need not be looked up millions of times.
            before, after = "set session_replication_role = replica; ", "vacuum analyze hydra_oauth2_access"
        case _:
            numbers = f"(select seq as i from seq_0_to_{count - 1})"
            signature = f"concat(lower(lpad(hex(i * {stride}), 15, '0')), '{step:02d}', substr(t.signature, 18))"
            request = f"concat('{request}', lower(lpad(hex(i), 12, '0')))"
            client = f"concat('many-', lpad(i div {tokens_of_a_client}, 7, '0'))"
            before, after = "set foreign_key_checks = 0; ", "analyze table hydra_oauth2_access"
    run(
        dsn,
        f"{before}insert into hydra_oauth2_access (signature, request_id, client_id, subject, {COPIED_OF_A_TOKEN}) "
        f"select {signature}, {request}, {client}, {client}, {prefixed('t', COPIED_OF_A_TOKEN)} "
        f"from {numbers} n, (select * from hydra_oauth2_access where client_id = 'opaque' limit 1) t",
    )
    run(dsn, after)


def name(number):
    return f"many-{number:07d}"


def stored_secret(number):
    salt = number.to_bytes(16, "big")
    key = hashlib.pbkdf2_hmac("sha256", SECRET.encode(), salt, ROUNDS)
    return f"$pbkdf2-sha256$i={ROUNDS},l=32${unpadded(salt)}${unpadded(key)}"


def unpadded(raw):
    return base64.b64encode(raw).rstrip(b"=").decode()


def client_columns(dsn):
    match kind(dsn):
        case "sqlite":
            listed = run(dsn, "select group_concat(name) from pragma_table_info('hydra_client')")
        case "postgres":
            listed = run(
                dsn,
                "select string_agg(column_name, ',') from information_schema.columns where table_name = 'hydra_client' "
                "and is_generated = 'NEVER' and is_identity = 'NO'",
            )
        case _:
            listed = run(
                dsn,
                "set group_concat_max_len = 65536; select group_concat(column_name) from information_schema.columns "
                "where table_name = 'hydra_client' and table_schema = database() and extra = ''",
            )
    return [column for column in listed.split(",") if column not in ("pk", "pk_deprecated")]


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

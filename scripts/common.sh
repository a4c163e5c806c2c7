# What quickstart, test, wire and bench share: packages, the hydra program, a server of our own, its end.
# Sourced, never run.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need_packages PACKAGE=COMMAND-OR-FILE…: installs the Debian packages whose command or file is missing. Root does it
# itself, others through sudo; without either it says what to install and ends.
need_packages() {
    local pair missing=()
    for pair in "$@"; do
        _is_there "${pair#*=}" || missing+=("${pair%%=*}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "needs the packages ${missing[*]}. Install them as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    command -v apt-get >/dev/null || fail "needs what Debian calls ${missing[*]}; this system has no apt-get, so install them your way"
    say "installing with apt-get${as_root[0]:+ (through sudo)}: ${missing[*]}"
    # A package list that cannot be refreshed may still do; installing then says what is wrong.
    "${as_root[@]}" apt-get update -qq </dev/null || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
}

# A path (with *) of a file, or the name of a command; servers live in sbin folders that are not on everybody's PATH.
_is_there() {
    case $1 in
        /*) compgen -G "$1" >/dev/null ;;
        *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
    esac
}

# What building takes. OpenSSL's headers are for the bundled PostgreSQL client; the MariaDB client is for the feature mysql.
need_build_packages() {
    need_packages build-essential=make build-essential=cc pkg-config=pkg-config libssl-dev=/usr/include/openssl/ssl.h "$@"
    command -v cargo >/dev/null || fail "finds no cargo. Install a Rust toolchain from https://rustup.rs and run this again"
}
need_mysql_client() { need_packages libmariadb-dev='/usr/include/mariadb/mysql.h'; }
need_postgres_server() { need_packages postgresql='/usr/lib/postgresql/*/bin/postgres'; }
need_mariadb_server() { need_packages mariadb-server=mariadbd; }
need_browser() { need_packages chromium=chromium chromium-driver=chromedriver; }

# Builds the command line with the given cargo options and prints the path of the program.
build_hydra() { build_program -p hydra --bin hydra "$@"; }

# Builds one program and prints its path, wherever cargo puts it.
build_program() {
    cargo build --message-format=json-render-diagnostics "$@" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

free_port() {
    local port
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        port=$((12000 + RANDOM % 8000)) # below what the kernel hands to outgoing connections
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            say "$port"
            return 0
        fi
    done
    fail "found no free port on 127.0.0.1 after ten tries"
}

# await_ready ADMIN-URL PID LOG SECONDS: until the server says that it is ready; shows its log when it ends before.
await_ready() {
    local tries=$(($4 * 20))
    while [ "$tries" -gt 0 ]; do
        if curl -fsS -o /dev/null --max-time 2 "$1/health/ready" 2>/dev/null; then return 0; fi
        kill -0 "$2" 2>/dev/null || break
        tries=$((tries - 1))
        sleep 0.05
    done
    printf '%s: the server did not become ready; the end of its log:\n' "${0##*/}" >&2
    tail -n 30 "$3" >&2
    return 1
}

# Asks a server that we started to end, waits for it, and insists after ten seconds.
stop_server() {
    local pid=${1:-}
    [ -n "$pid" ] || return 0
    kill -TERM "$pid" 2>/dev/null || return 0
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# Throw-away PostgreSQL and MariaDB servers for the tests.
#
#   source scripts/databases.sh
#   start_databases              # or: start_databases postgres, start_databases mysql
#   cargo test -p storage-diesel --features mysql
#
# Exports TEST_POSTGRES_URL and TEST_MYSQL_URL. Each names a maintenance database in which tests create scratch
# databases of their own. The servers listen on free ports of 127.0.0.1 only, keep everything in one temporary folder,
# and are stopped and removed when the shell that sourced this file exits (or by stop_databases). A variable that is
# set already is respected: no server is started for it.
#
# Needs the Debian packages postgresql and mariadb-server; building with --features mysql needs libmariadb-dev.
# shellcheck shell=bash

_databases_folder=
_databases_pids=()
_databases_exported=()

start_databases() {
    local wanted=("$@") engine
    [ ${#wanted[@]} -gt 0 ] || wanted=(postgres mysql)
    for engine in "${wanted[@]}"; do
        case $engine in
            postgres) [ -n "${TEST_POSTGRES_URL:-}" ] || _databases_postgres || return 1 ;;
            mysql) [ -n "${TEST_MYSQL_URL:-}" ] || _databases_mariadb || return 1 ;;
            *)
                echo "databases.sh: unknown engine '$engine'; say postgres or mysql" >&2
                return 1
                ;;
        esac
    done
}

# Stops the servers that this shell started, and removes their files.
stop_databases() {
    local pid
    # SIGQUIT: PostgreSQL does not wait for its clients then. MariaDB takes it as SIGTERM.
    for pid in "${_databases_pids[@]}"; do
        kill -QUIT "$pid" 2>/dev/null
    done
    for pid in "${_databases_pids[@]}"; do
        wait "$pid" 2>/dev/null
    done
    _databases_pids=()
    [ -z "$_databases_folder" ] || rm -rf "$_databases_folder"
    _databases_folder=
    [ ${#_databases_exported[@]} = 0 ] || unset "${_databases_exported[@]}"
    _databases_exported=()
}

_databases_make_folder() {
    [ -z "$_databases_folder" ] || return 0
    _databases_folder=$(mktemp -d "${TMPDIR:-/tmp}/hydra-databases.XXXXXX") || return 1
    chmod 755 "$_databases_folder" # the servers run as other users when root starts them
    # Keeps an exit trap of the calling script: ours runs first, then theirs.
    local theirs
    theirs=$(trap -p EXIT | sed -e "s/^trap -- '//" -e "s/' EXIT\$//" -e "s/'\\\\''/'/g")
    # shellcheck disable=SC2064
    trap "stop_databases${theirs:+; $theirs}" EXIT
}

# Both engines refuse to run as root: root hands them to the account that their package made.
# Takes the place of the (sub)shell that calls it, so that $! is the server itself and can be stopped.
_databases_become() {
    local account=$1
    shift
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid "$account" --regid "$account" --clear-groups -- "$@"
    fi
    exec "$@"
}

_databases_own() {
    mkdir "$2" || return 1
    if [ "$(id -u)" = 0 ]; then chown "$1" "$2"; fi
}

_databases_free_port() {
    local port
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 12000)) # below the range that the kernel hands to outgoing connections
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return 0
        fi
    done
    echo "databases.sh: found no free port on 127.0.0.1 after ten tries" >&2
    return 1
}

# Waits until the command succeeds; gives up after 30 s, or at once when the server is gone, and shows its log.
_databases_await() {
    local name=$1 pid=$2 log=$3
    shift 3
    for _ in $(seq 150); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    echo "databases.sh: $name did not start; the end of its log:" >&2
    tail -n 20 "$log" >&2
    return 1
}

_databases_program() {
    local name=$1 package=$2 found
    found=$(command -v "$name" || ls -1 /usr/lib/postgresql/*/bin/"$name" /usr/sbin/"$name" 2>/dev/null | tail -n 1)
    if [ -z "$found" ]; then
        echo "databases.sh: $name is missing; install the package $package" >&2
        return 1
    fi
    echo "$found"
}

_databases_postgres() {
    local initdb server ready folder port
    initdb=$(_databases_program initdb postgresql) || return 1
    server=$(_databases_program postgres postgresql) || return 1
    ready=$(_databases_program pg_isready postgresql) || return 1
    _databases_make_folder || return 1
    folder=$_databases_folder/postgres
    _databases_own postgres "$folder" || return 1
    port=$(_databases_free_port) || return 1
    (_databases_become postgres "$initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-locale --no-sync) \
        >"$_databases_folder/initdb.log" 2>&1 || { cat "$_databases_folder/initdb.log" >&2; return 1; }
    (cd "$folder" && _databases_become postgres "$server" -D data -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c max_connections=300 -c timezone=UTC) >"$_databases_folder/postgres.log" 2>&1 &
    _databases_pids+=("$!")
    _databases_await PostgreSQL "$!" "$_databases_folder/postgres.log" "$ready" -q -h 127.0.0.1 -p "$port" || return 1
    export TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
    _databases_exported+=(TEST_POSTGRES_URL)
}

_databases_mariadb() {
    local install server client folder port
    install=$(_databases_program mariadb-install-db mariadb-server) || return 1
    server=$(_databases_program mariadbd mariadb-server) || return 1
    client=$(_databases_program mariadb mariadb-server) || return 1
    _databases_make_folder || return 1
    folder=$_databases_folder/mariadb
    _databases_own mysql "$folder" || return 1
    port=$(_databases_free_port) || return 1
    (_databases_become mysql "$install" --no-defaults --datadir="$folder/data" \
        --auth-root-authentication-method=normal --skip-test-db) >"$_databases_folder/mariadb-install.log" 2>&1 ||
        { cat "$_databases_folder/mariadb-install.log" >&2; return 1; }
    # The user table that the installer writes holds a root without a password for this machine only.
    (cd "$folder" && _databases_become mysql "$server" --no-defaults --datadir="$folder/data" --port="$port" \
        --bind-address=127.0.0.1 --socket="$folder/socket" --pid-file="$folder/pid" --max-connections=300 \
        --default-time-zone=+00:00) >"$_databases_folder/mariadb.log" 2>&1 &
    _databases_pids+=("$!")
    _databases_await MariaDB "$!" "$_databases_folder/mariadb.log" \
        "$client" --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u root -e "select 1" || return 1
    "$client" --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u root -e "create database maintenance" || return 1
    export TEST_MYSQL_URL="mysql://root@127.0.0.1:$port/maintenance"
    _databases_exported+=(TEST_MYSQL_URL)
}

# What scripts/test and scripts/bench have in common: installs what is missing on a Debian machine, and
# starts a throw-away PostgreSQL. It is sourced from the root of the checkout, never run.

readonly foreign="$PWD/target/foreign"

stage() { printf '\n== %s\n' "$*"; }
fail() { printf '%s: %s\n' "$0" "$*" >&2; exit 1; }

# Prints the folder of PostgreSQL's programs, the newest if there are several; fails if there is none.
postgres_programs() {
    local initdb
    initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort --version-sort | tail -n 1)
    [[ -x $initdb ]] && dirname "$initdb"
}

# Debian's Python, for which apt has the venv module; any other one where that is absent.
python() { if [[ -x /usr/bin/python3 ]]; then /usr/bin/python3 "$@"; else python3 "$@"; fi; }

missing_packages() {
    postgres_programs >/dev/null || echo postgresql
    command -v oathtool >/dev/null || echo oathtool
    python -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
    command -v chromium >/dev/null || echo chromium
    command -v php >/dev/null || echo php-cli
    command -v javac >/dev/null || echo default-jdk-headless
    command -v curl >/dev/null || echo curl
    command -v openssl >/dev/null || echo openssl
    command -v jq >/dev/null || echo jq
    [[ -e /etc/ssl/certs/ca-certificates.crt ]] || echo ca-certificates # Debian's node trusts no other list
}

install_missing() {
    stage 'Programs from Debian'
    local missing as_root=()
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} == 0)); then
        echo 'all there'
        return
    fi
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || fail "please install first: apt-get install ${missing[*]}"
        as_root=(sudo -n)
    fi
    echo "installing: ${missing[*]}"
    as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0)
    "${as_root[@]}" update
    "${as_root[@]}" install --no-install-recommends "${missing[@]}"
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || fail "still missing after apt-get install: ${missing[*]}"
}

install_rust_components() {
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
    stage 'rustfmt and clippy'
    rustup component add rustfmt clippy
}

# unchanged STAMP FILE...: whether STAMP holds the checksum of these files.
unchanged() { [[ -f $1 && $(<"$1") == "$(cat "${@:2}" | sha256sum)" ]]; }
remember() { cat "${@:2}" | sha256sum >"$1"; }

install_python_clients() {
    local list=tests/foreign/requirements.txt stamp=$foreign/venv/.installed
    [[ -f $list ]] || return 0
    stage 'Foreign clients in Python'
    export COUNTERSIGN_TEST_PYTHON=$foreign/venv/bin/python
    if [[ -x $COUNTERSIGN_TEST_PYTHON ]] && unchanged "$stamp" "$list"; then
        echo 'unchanged'
        return
    fi
    rm -rf "$foreign/venv"
    mkdir -p "$foreign"
    python -m venv "$foreign/venv"
    "$COUNTERSIGN_TEST_PYTHON" -m pip install --quiet --disable-pip-version-check --requirement "$list"
    remember "$stamp" "$list"
    echo 'installed'
}

# install_node_packages FROM TO: the packages of the lock file in FROM, into TO/node_modules.
install_node_packages() {
    local to=$2 files=("$1/package.json" "$1/package-lock.json")
    local stamp=$to/node_modules/.installed
    if unchanged "$stamp" "${files[@]}"; then
        echo 'unchanged'
        return
    fi
    mkdir -p "$to"
    cp "${files[@]}" "$to/"
    npm ci --prefix "$to" --no-audit --no-fund
    remember "$stamp" "${files[@]}"
}

install_node_clients() {
    stage 'Foreign clients in JavaScript'
    export COUNTERSIGN_TEST_NODE_MODULES=$foreign/node/node_modules
    install_node_packages tests/foreign/node "$foreign/node"
}

install_browser_driver() {
    stage 'What drives the browser'
    export COUNTERSIGN_BROWSER_NODE_MODULES=$foreign/browser/node_modules
    install_node_packages tests/browser "$foreign/browser"
}

# PostgreSQL refuses to run as root, so root hands it to the user whom Debian's package made.
as_postgres() {
    if ((EUID == 0)); then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

cluster=
stop_postgres() {
    [[ -n $cluster ]] || return 0
    as_postgres "$programs/pg_ctl" --pgdata="$cluster/data" --mode=immediate --silent stop >/dev/null 2>&1 || true
    rm -rf "$cluster"
    cluster=
}

# A cluster of this run's own, with fsync on as in production: the tests of durability mean what they say.
start_postgres() {
    stage 'A throw-away PostgreSQL'
    programs=$(postgres_programs)
    cluster=$(mktemp -d)
    ((EUID != 0)) || chown postgres: "$cluster"
    as_postgres "$programs/initdb" --pgdata="$cluster/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C >"$cluster/initdb.log" || fail 'initdb failed'
    local attempt port
    for attempt in {1..20}; do
        port=$((20000 + RANDOM % 12000)) # below the ports that the kernel gives to clients
        if as_postgres "$programs/pg_ctl" --pgdata="$cluster/data" --log="$cluster/data/server.log" --wait --silent \
            --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c fsync=on" \
            start >/dev/null 2>&1; then
            export COUNTERSIGN_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
            echo "$("$programs/postgres" --version) at $COUNTERSIGN_TEST_POSTGRES"
            return
        fi
    done
    tail -n 20 "$cluster/data/server.log" >&2
    fail "PostgreSQL did not start in $attempt attempts"
}

trap stop_postgres EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

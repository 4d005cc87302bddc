# A node for a test of the tools: on free ports, with a folder of its own, ended with the script.
# Sourced after common.sh.

# Starts the program that is built, with more arguments. Sets `folder`, `server`, `data_port` and
# `management_port`.
start_node() {
    local program
    program="$(swift build --package-path "$root" --show-bin-path </dev/null)/dcs"
    folder=$(mktemp -d)
    trap stop_node EXIT
    (cd "$folder" && exec env -i "$program" serve --data-dir "$folder/data" \
        --listen 127.0.0.1:0 --metrics-port 0 "$@" >"$folder/log" 2>&1) &
    server=$!
    for _ in $(seq 300); do
        [[ -s "$folder/data/dcs.ports.json" ]] && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    [[ -s "$folder/data/dcs.ports.json" ]] || {
        cat "$folder/log" >&2
        die "the server did not start"
    }
    data_port=$(node_port data)
    management_port=$(node_port management)
}

node_port() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
        "$folder/data/dcs.ports.json" "$1"
}

# Ends the node in order; what was asked of it must not have ended it before.
end_node() {
    kill "$server" || die "the server has ended by itself"
    wait "$server" || die "the server ended with $? after SIGTERM"
    server=
}

stop_node() {
    [[ -z "${server:-}" ]] || ! kill "$server" 2>/dev/null || wait "$server" || true
    rm -rf "$folder"
}

#!/bin/bash
# Build the image where there is no Docker engine, run it as compose does, stream a dialogue to it, stop it.
#
#   apt install buildah debootstrap
#   deploy/docker/check-with-buildah.sh [options for `buildah build`, such as --volume or --build-arg]   (as root)
#
# The base image is a local Debian made with debootstrap (MIRROR names another mirror than debootstrap's own). WORK keeps the base and the
# layers between runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

WORK=${WORK:-/var/tmp/balto-image}
mkdir -p "$WORK"

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'failed: %s\n' "$*" >&2; exit 1; }
engine() { buildah --root "$WORK/storage" --runroot "$WORK/run" --storage-driver vfs "$@"; }
inside() { engine run --isolation chroot --env "PORT=$port" "$container" -- "$@"; }

if ! engine inspect --type image balto-base >/dev/null 2>&1; then
    say "a Debian base with Python"
    rm -rf "$WORK/rootfs"
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$WORK/rootfs" \
        ${MIRROR:+"$MIRROR"}
    container=$(engine from scratch)
    engine add --quiet "$container" "$WORK/rootfs" /
    engine commit --quiet --rm "$container" balto-base
    rm -rf "$WORK/rootfs"
fi

say "the image"
engine build --isolation chroot --format docker --pull-never --build-arg BASE=localhost/balto-base "$@" --tag balto .

container=$(engine from --pull-never localhost/balto)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
service=
# buildah passes no signals on: the service itself, the container's own user running it, is told.
stop() { pkill -TERM -o -u 10001 -f "^/opt/balto/.venv/bin/python[0-9.]* /opt/balto/.venv/bin/balto run"; }
finish() {
    [[ -z $service ]] || stop || true
    wait 2>/dev/null || true
    engine rm "$container" >/dev/null
}
trap finish EXIT
# A version 1 counter that has authenticated and then only waits.
held_counter='
import asyncio, json, os, sys
from websockets.asyncio.client import connect

async def main():
    async with connect("ws://127.0.0.1:" + os.environ["PORT"] + "/ws", proxy=None) as socket:
        await socket.send(json.dumps({"comando": "auth", "api_key": sys.argv[1]}))
        await socket.send(bytes(3200))
        await asyncio.sleep(1)
        print("connected", flush=True)
        await socket.wait_closed()
        print("closed with", socket.close_code)

asyncio.run(main())'

say "as it comes: live, without keys, it must stop and name them"
if inside balto run --profile live >"$WORK/live.log" 2>&1; then fail "it started without keys"; fi
grep -q 'ELEVENLABS_API_KEY and XAI_API_KEY' "$WORK/live.log" || fail "the keys are not named: $(cat "$WORK/live.log")"
[[ $(inside id -u) != 0 ]] || fail "it runs as root"

say "the sandbox in it, on port $port"
engine run --isolation chroot --env "PORT=$port" "$container" -- balto run --profile sandbox --no-demo >"$WORK/service.log" 2>&1 &
service=$!
healthcheck=(python -c "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/pronto', timeout=4)")
for _ in $(seq 60); do
    kill -0 "$service" 2>/dev/null || fail "the service ended: $(cat "$WORK/service.log")"
    inside "${healthcheck[@]}" 2>/dev/null && break
    sleep 2
done
inside "${healthcheck[@]}" || fail "not healthy: $(cat "$WORK/service.log")"

say "a counter in it"
codigo=$(inside balto keys client --email loja@exemplo.invalid --razao-social "Loja" --telefone "11 0000-0000" | grep -oE '[0-9]{6}' | head -1)
key=$(inside balto keys counter --name "Balcão 1" --client "$codigo" | awk '$1 == "key" {print $2}')
inside balto counter --wav /opt/balto/sandbox/dialogues/dor_de_cabeca.wav --key "$key" | tee "$WORK/counter.log"
grep -q recomendação "$WORK/counter.log" || fail "no recommendation came back: $(cat "$WORK/service.log")"

say "what it recorded"
sleep 8
inside balto query "SELECT situacao, produto, total_ms FROM analise.interacoes" | tee "$WORK/query.log"
grep -q sugerida "$WORK/query.log" || fail "the interaction is not in the published database"

say "stop, while a counter is connected"
inside python -c "$held_counter" "$key" >"$WORK/held.log" 2>&1 &
held=$!
for _ in $(seq 30); do
    if grep -q connected "$WORK/held.log"; then break; fi
    sleep 1
done
began=$SECONDS
stop
wait "$service" || fail "it did not stop well: $(cat "$WORK/service.log")"
service=
wait "$held" || fail "the counter was not seen off: $(cat "$WORK/held.log")"
grep -qx 'closed with 1012' "$WORK/held.log" || fail "the counter was not told of a restart: $(cat "$WORK/held.log")"
! pgrep -u 10001 >/dev/null || fail "processes are left: $(pgrep -a -u 10001)"
! inside sh -c 'ls -d /tmp/balto-*' 2>/dev/null || fail "its run folder is left"
if grep -E 'Traceback|Fatal|SIGTERM received' "$WORK/service.log"; then fail "it stopped with a complaint"; fi
echo "exit 0 after $((SECONDS - began)) s; the counter's socket was closed with 1012; no process is left"
say "the image works"

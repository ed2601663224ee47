#!/bin/sh
# Makes what a grid needs before it starts: two authorities, certificates by role, Redis' passwords and users, a first API key.
#   sh deploy/init.sh [FOLDER]        default: deploy/secrets; needs openssl
# Run again it keeps authorities, passwords and keys, and makes the certificates anew: do so before they end, then restart Redis.
# Folders are mounted one by one (compose.yaml), or put into Secrets: kubectl apply -f FOLDER/kubernetes.yaml
#   authority/    the authorities' keys: keep them away from the grid
#   worker-tls/   a worker's certificate, of the grid's authority
#   api-tls/      a front end's: it names front-end.vitgrid, by which workers let its owner do what a front end does and no more
#   redis-tls/    Redis' certificate, of an authority of its own, so that a Redis can never be a member of the grid
#   redis-login/  the passwords of the users grid and queue, and Redis' authority, for the processes of the grid
#   redis-acl/, queue-acl/   Redis' users and their rights
#   keys/         hashes of the API keys, for the processes of the grid
#   first-key     an API key that may do everything; scraper-key/ holds one for metrics
set -eu
umask 077

out=${1:-$(dirname "$0")/secrets}
namespace=${VITGRID_NAMESPACE:-vitgrid}
days=${VITGRID_CERTIFICATE_DAYS:-90}

mkdir -p "$out/authority"
chmod 700 "$out" "$out/authority"
work=$(mktemp -d "$out/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT

# authority NAME: makes an authority unless there is one.
authority() {
  [ -f "$out/authority/$1.crt" ] && return
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=vitgrid-$1-authority" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
  mv "$work/$1.key" "$work/$1.crt" "$out/authority"
}

# certificate FOLDER AUTHORITY NAMES USAGES: makes a key and a certificate, and puts them beside their authority's.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=vitgrid-$1" -keyout "$work/tls.key" -out "$work/csr" 2>/dev/null
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName=%s\nextendedKeyUsage=%s\n' "$3" "$4" > "$work/ext"
  openssl x509 -req -in "$work/csr" -CA "$out/authority/$2.crt" -CAkey "$out/authority/$2.key" -set_serial "0x$(openssl rand -hex 16)" \
    -days "$days" -extfile "$work/ext" -out "$work/tls.crt" 2>/dev/null
  cp "$out/authority/$2.crt" "$work/ca.crt"
  put "$1" tls.key tls.crt ca.crt
}

# put FOLDER FILE…: moves files into a folder. Other users' containers read them there; $out itself is closed to everybody else.
put() {
  folder=$1
  shift
  mkdir -p "$out/$folder"
  chmod 755 "$out/$folder"
  for file in "$@"; do
    chmod 644 "$work/$file"
    mv "$work/$file" "$out/$folder/$file"
  done
}

# password USER: makes a password of 256 bits unless there is one.
password() {
  [ -f "$out/redis-login/$1-password" ] && return
  openssl rand -hex 32 > "$work/$1-password"
  put redis-login "$1-password"
}

# users FOLDER USER RIGHTS: Redis keeps hashes only. Nobody comes in without a name; "health" may ask whether it is there.
users() {
  hash=$(tr -d '\n' < "$out/redis-login/$2-password" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
  printf 'user default off resetpass resetkeys resetchannels -@all\nuser health on nopass resetkeys resetchannels -@all +ping\nuser %s on #%s %s\n' \
    "$2" "$hash" "$3" > "$work/users.acl"
  put "$1" users.acl
}

# The rights of docs/operations.md; a test holds the two together.
membership='~vitgrid/members/* resetchannels -@all +auth +hello +ping +echo +client|setname +client|id +eval +evalsha +script|load +hget +hgetall +hset +hsetnx +hexists +hdel'
queue='~vitgrid:* resetchannels -@all +@connection +@scripting +ping +info +exists +del +hset +hget +hmget +hgetall +hvals +hdel +hincrby +sadd +srem +smembers +sismember +zadd +zrem +zrange +zrevrange +zrevrank +zscan +zscore +zremrangebyscore +get +set +time +xadd +xack +xlen +xrange +xdel +xtrim +xpending +xclaim +xreadgroup +xgroup +xinfo'

authority grid
authority redis
certificate worker-tls grid DNS:vitgrid-worker,DNS:worker-1,DNS:worker-2,DNS:localhost serverAuth,clientAuth
certificate api-tls grid DNS:front-end.vitgrid,DNS:vitgrid-api,DNS:api,DNS:localhost serverAuth,clientAuth
certificate redis-tls redis DNS:redis,DNS:queue,DNS:vitgrid-redis,DNS:vitgrid-queue,DNS:localhost,IP:127.0.0.1 serverAuth
password grid
password queue
cp "$out/authority/redis.crt" "$work/ca.crt"
put redis-login ca.crt
users redis-acl grid "$membership"
users queue-acl queue "$queue"

# key NAME SCOPE FILE: makes an API key of 192 bits into FILE and prints what is kept of it, as `vitgrid keys create` would.
key() {
  printf 'vg_%s' "$(openssl rand -base64 24 | tr '+/' '-_')" > "$work/$3"
  printf '{"id":"key_%s","name":"%s","hash":"%s","created":"%s","scopes":"%s","lanes":"All"}' \
    "$(openssl rand -hex 8)" "$1" "$(openssl dgst -sha256 -r < "$work/$3" | cut -d ' ' -f 1)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$2"
}

# An operator's key, and the scraper's. More are made by `vitgrid keys create NAME --file FOLDER/keys/keys.json`.
if [ ! -f "$out/keys/keys.json" ]; then
  { printf '{"keys":['; key first Admin first-key; printf ','; key scraper Metrics token; printf ']}\n'; } > "$work/keys.json"
  put keys keys.json
  put scraper-key token
  mv "$work/first-key" "$out/first-key"
fi

# manifest: every folder but the authorities' as a Secret of its name.
manifest() {
  for folder in "$out"/*/; do
    name=$(basename "$folder")
    [ "$name" = authority ] && continue
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: vitgrid-%s\n  namespace: %s\ntype: Opaque\ndata:\n' "$name" "$namespace"
    for file in "$folder"*; do
      printf '  %s: %s\n' "$(basename "$file")" "$(openssl base64 -A -in "$file")"
    done
  done
}
manifest > "$work/kubernetes.yaml"
mv "$work/kubernetes.yaml" "$out/kubernetes.yaml"
echo "made in $out; certificates end in $days days"

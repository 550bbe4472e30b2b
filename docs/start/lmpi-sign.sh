#!/usr/bin/env bash
# Sends one signed LMPI request and prints the answer.
#
#   lmpi-sign.sh METHOD PATH [BODY]
#   lmpi-sign.sh GET /LMPI/v2/me/serviceplans
#   lmpi-sign.sh POST /LMPI/v3/partners/serviceplan '{"partner_id": "..."}'
#
# From the environment:
#   LMPI_BASE          the server, without a slash at its end, such as http://localhost:7420
#   LMPI_ACCESS_TOKEN  the GUID that names the partner
#   LMPI_SECRET_KEY    the secret key as it was issued; it is used as text, not decoded
#
# Needs bash, openssl and curl. The status line of an error goes to standard error, and the exit code is then 22.
set -euo pipefail

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: lmpi-sign.sh METHOD PATH [BODY]" >&2
  exit 2
fi
: "${LMPI_BASE:?set LMPI_BASE to the address of the server}"
: "${LMPI_ACCESS_TOKEN:?set LMPI_ACCESS_TOKEN}"
: "${LMPI_SECRET_KEY:?set LMPI_SECRET_KEY}"

method=$(printf '%s' "$1" | tr '[:lower:]' '[:upper:]')
path=$2
body=${3-}
case $path in
  /*) ;;
  *) echo "the path begins at the host's root: /LMPI/v2/..." >&2; exit 2 ;;
esac

posix_time=$(date +%s)
random=$(openssl rand -hex 16)
trace_id=${random:0:8}-${random:8:4}-${random:12:4}-${random:16:4}-${random:20:12}

# Base64 of the MD5 of the exact bytes of the body; nothing at all without a body.
content_md5=''
if [ -n "$body" ]; then
  content_md5=$(printf '%s' "$body" | openssl dgst -md5 -binary | openssl base64 -A)
fi

# Time, method, path with query, MD5: one after the other without separators.
signature=$(printf '%s' "$posix_time$method$path$content_md5" |
  openssl dgst -sha256 -hmac "$LMPI_SECRET_KEY" -binary | openssl base64 -A)

arguments=(
  --silent --show-error --fail-with-body --globoff --path-as-is
  --request "$method"
  --header "x-access-token: $LMPI_ACCESS_TOKEN"
  --header "x-posix-time: $posix_time"
  --header "x-signature: $signature"
  --header "x-traceid: $trace_id"
  --header 'content-type: application/json; charset=utf-8'
)
if [ -n "$body" ]; then
  arguments+=(--data-binary @-)
fi
printf '%s' "$body" | curl "${arguments[@]}" --write-out '\n' "$LMPI_BASE$path"

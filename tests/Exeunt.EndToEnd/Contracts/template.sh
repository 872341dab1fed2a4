#!/bin/sh
# A client of the template contract that is nothing but curl: it logs in, sees its profile, logs out, and sees the profile refused.
#   sh template.sh http://127.0.0.1:8080 ada@example.com 'her password'
set -eu
server=${1%/} email=$2 password=$3

fail() {
  echo "template: $1" >&2
  exit 1
}

login=$(curl -sS --fail-with-body -H 'Content-Type: application/json' -d "{\"email\":\"$email\",\"password\":\"$password\"}" "$server/api/auth/login") || fail "login: $login"
token=$(printf %s "$login" | sed -n 's/^{"success":true,"token":"\([^"]*\)"}$/\1/p')
[ -n "$token" ] || fail "login gave no token: $login"

# The header comes from standard input: arguments of a process can be read by others.
call() {
  printf 'Authorization: Bearer %s' "$token" | curl -sS -H @- -w ' %{http_code}' "$@"
}

before=$(call "$server/api/user/profile")
case $before in
  '{"success":true,"user":{"id":"usr_'*'","email":"'"$email"'"'*'}} 200') ;;
  *) fail "profile before logout: $before" ;;
esac

logout=$(call -H 'Content-Type: application/json' -d '{"userId":"somebody-else","timestamp":"2027-03-01T12:00:00Z","reason":"user_initiated"}' "$server/api/auth/logout")
[ "$logout" = '{"success":true,"message":"User logged out successfully"} 200' ] || fail "logout: $logout"

after=$(call "$server/api/user/profile")
[ "$after" = '{"success":false,"message":"Token has been invalidated"} 401' ] || fail "profile after logout: $after"

again=$(call -X POST "$server/api/auth/logout")
[ "$again" = '{"success":true,"message":"User logged out successfully"} 200' ] || fail "logout again: $again"

nobody=$(curl -sS -w ' %{http_code}' -X POST "$server/api/auth/logout")
[ "$nobody" = '{"success":false,"message":"No token provided"} 401' ] || fail "logout without a token: $nobody"

echo 'logged in, logged out, refused'

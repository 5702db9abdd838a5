#!/bin/sh
# Install the real servers that some tests drive: only those whose program is not there yet, one by
# one, so that a package which clashes with one already installed cannot keep the others out.
set -u
export DEBIAN_FRONTEND=noninteractive
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v apt-get >/dev/null || {
  echo "make servers knows Debian and Ubuntu only: install tmux, haproxy, nginx, postgresql, kubectl, openssl, prometheus and alertmanager by hand" >&2
  exit 1
}

missing=
need() { # package, then a program or path it brings
  command -v "$2" >/dev/null 2>&1 || [ -e "$2" ] || missing="$missing $1"
}
need tmux tmux
need haproxy haproxy
need nginx-light nginx
need openssl openssl
need kubernetes-client kubectl
need prometheus promtool
need prometheus-alertmanager prometheus-alertmanager
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
  echo "make servers installs$missing: run it as root" >&2
  exit 1
fi
# A freshly installed server must not start by itself on its well-known port.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
for attempt in 1 2 3; do apt-get update -qq && break; sleep 5; done
failed=
for package in $missing; do
  apt-get install -y -qq --no-install-recommends "$package" >/tmp/servers.$$ 2>&1 ||
    { tail -20 /tmp/servers.$$ >&2; failed="$failed $package"; }
done
rm -f /tmp/servers.$$
[ -z "$failed" ] || { echo "make servers could not install$failed" >&2; exit 1; }

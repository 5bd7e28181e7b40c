#!/usr/bin/env bash
# Build the layer into the given directory. SAM doesn't pass the architecture to a makefile build, so the layer serves
# both: compiled modules have the platform in their names and are side by side. With LAYER_FOR=machine, it serves this
# machine only: Lambda's modules don't load on a Mac.
set -euo pipefail

out=${1:?target directory}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PATH=$PATH:$root/.tools/uv/bin
# The services whose descriptions stay in botocore. The other four hundred take 20 MB.
services=" dynamodb events lambda s3 scheduler secretsmanager sesv2 sqs sts "

install() { # architecture, directory
  if command -v uv >/dev/null; then
    uv pip install --quiet --no-deps --only-binary :all: --python-version 3.13 \
      --python-platform "$1-manylinux_2_28" --target "$2" -r "$here/requirements.txt"
  else
    python3 -m pip install --quiet --no-deps --only-binary :all: --python-version 3.13 --implementation cp \
      --platform "manylinux2014_$1" --platform "manylinux_2_28_$1" --no-compile --target "$2" -r "$here/requirements.txt"
  fi
}

name_platform() { # architecture, directory: modules for the stable ABI have no platform in their names
  find "$2" -name '*.abi3.so' | while read -r module; do
    mv "$module" "${module%.abi3.so}.cpython-313-$1-linux-gnu.so"
  done
}

prune() {
  for service in botocore/data/*/; do
    case $services in *" $(basename "$service") "*) ;; *) rm -r "$service" ;; esac
  done
  # Not needed for the AES modes in use, or for one architecture only. GCM needs one module of Crypto.Hash.
  rm -rf bin .lock ./*.pyi Crypto/{IO,Math,Protocol,PublicKey,SelfTest,Signature} Crypto/Cipher/_raw_aes{ni,_armv8}.*
  find Crypto/Hash -type f ! -name '__init__.py' ! -name '_ghash_portable.*' -delete
  find . \( -name tests -o -name __pycache__ -o -name '*.dist-info' \) -prune -exec rm -rf {} +
  find . \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.[ch]' -o -name '_testcapi*' \) -delete
}

# A folder within botocore's own: botocore treats endpoints from elsewhere as somebody's own.
trim() {
  # shellcheck disable=SC2086  # a list
  python3 "$here/trim_botocore.py" botocore/data botocore/data/minipush $services
}

# Lambda's code is read-only, so a module that is not compiled here is compiled at every cold start. Files checked
# by hash ignore modification times, which a zip changes. compileall's processes talk over a Unix socket below TMPDIR,
# whose path must stay short.
compile() {
  for python in "$root/.venv/bin/python" python3.13 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
      TMPDIR=/tmp "$python" -m compileall -q -j 0 --invalidation-mode unchecked-hash -s "$out" -p /opt/python .
      return
    fi
  done
}

install_for_machine() {
  "$root/.tools/uv/bin/uv" pip install --quiet --no-deps --only-binary :all: --python "$root/.venv/bin/python" \
    --target "$out" -r "$here/requirements.txt"
}

install_for_lambda() {
  other=$(mktemp -d)
  trap 'rm -rf "$other"' EXIT
  install aarch64 "$out"
  install x86_64 "$other"
  name_platform aarch64 "$out"
  name_platform x86_64 "$other"
  (cd "$other" && find . \( -name '*.so' -o -name '*.so.*' \) -print0 | tar cf - --null -T -) | tar xf - -C "$out"
}

rm -rf "$out"
"install_for_${LAYER_FOR:-lambda}"
cp -R "$here/minipush" "$out/"
cd "$out"
prune
trim
compile

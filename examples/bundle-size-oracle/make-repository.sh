#!/bin/sh
# Makes a repository of 20 commits in the folder that is given. In one of them the bundle becomes three
# times as large; in two others there is none.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$1"
cd "$1"
git init --quiet --initial-branch=main

commit() {
    git add --all
    GIT_AUTHOR_DATE="2026-01-$3T12:00:00Z" GIT_COMMITTER_DATE="2026-01-$3T12:00:00Z" \
        git -c user.name="$2" -c user.email="$2@shop.example" -c commit.gpgsign=false \
        commit --quiet --message "$1"
}

# So many lines of 40 bytes.
lines() {
    awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) printf "console.log(\"product %04d is in stock\");\n", i }'
}

cp "$here/pipeline.toml" .
echo '*.wasm' > .gitignore
mkdir -p dist src
n=1
while [ "$n" -le 20 ]; do
    day=$(printf '%02d' "$n")
    echo "version $n" > src/version.txt
    author=ada
    message="shop: version $n"
    size=$((30 + n))
    if [ "$n" -ge 13 ]; then
        size=$((180 + n))
    fi
    case $n in
    6 | 7)
        message="build: move to another bundler, part $((n - 5)) of 2"
        rm -f dist/app.js
        ;;
    13)
        author=grace
        message='cart: draw the icons inline'
        lines "$size" > dist/app.js
        ;;
    *) lines "$size" > dist/app.js ;;
    esac
    commit "$message" "$author" "$day"
    [ "$n" -ne 1 ] || git tag v1
    n=$((n + 1))
done

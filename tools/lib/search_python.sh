# A Python with the libraries that full-text search is compared with. Sourced after packages.sh.

search_python_packages=(tantivy==0.27.0 bm25s==0.3.16 numpy==2.4.6)

# Makes it in .build, once, and prints the path of its interpreter.
search_python() {
    local folder="$root/.build/search-python" mark
    mark="$folder/$(printf '%s,' "${search_python_packages[@]}")"
    [[ -f "$mark" ]] || {
        need_packages python3 python3-venv
        say "installing ${search_python_packages[*]} into .build"
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check \
            "${search_python_packages[@]}" >&2
        touch "$mark"
    }
    printf '%s\n' "$folder/bin/python"
}

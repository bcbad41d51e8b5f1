# For scripts that try the package on a machine of its own: sourced, with $folder to work in and skip.

# make_package BUILD_FOLDER: $folder/package/*.deb of what it has built.
make_package() {
  (cd "$1" && cpack -G DEB -B "$folder/package") > "$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
  rm -rf "$folder/package/_CPack_Packages"
}

# make_root FILE.tar: Debian 12 as its own slim image is, out of its packages; no registry is asked.
make_root() {
  command -v mmdebstrap > /dev/null || skip "no mmdebstrap to make a root file system with"
  mmdebstrap --quiet --variant=minbase --include=usr-is-merged --aptopt='APT::Install-Recommends "false"' \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$1" > "$folder/log" 2>&1 || { cat "$folder/log"; skip "Debian's packages are not to be had"; }
}

#!/bin/sh
# Makes the PKCS #12 files of the tests: a client certificate "board" of an intermediate CA, with both CAs. The passphrase is "secret word"; of unicode.p12, "Schlüssel 密码".
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $ec -days 27000 -subj '/CN=Root CA' -keyout "$work/root.key" -out "$work/root.pem"
issue() {
  openssl req $ec -subj "/CN=$2" -keyout "$work/$1.key" -out "$work/$1.csr"
  printf '%s\n' "$4" > "$work/ext"
  openssl x509 -req -in "$work/$1.csr" -CA "$work/$3.pem" -CAkey "$work/$3.key" -CAcreateserial -days 27000 -extfile "$work/ext" -out "$work/$1.pem"
}
issue middle 'Middle CA' root 'basicConstraints=critical,CA:TRUE'
issue board board middle 'basicConstraints=CA:FALSE'
cat "$work/middle.pem" "$work/root.pem" > "$work/chain.pem"
pack() {
  out=$1
  shift
  openssl pkcs12 -export -inkey "$work/board.key" -in "$work/board.pem" -certfile "$work/chain.pem" -out "$out" "$@"
}
pack aes.p12 -passout 'pass:secret word'
pack triple-des.p12 -passout 'pass:secret word' -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1
pack rc2.p12 -passout 'pass:secret word' -legacy
pack rc4.p12 -passout 'pass:secret word' -legacy -keypbe PBE-SHA1-RC4-128 -certpbe PBE-SHA1-RC4-128
pack unicode.p12 -passout 'pass:Schlüssel 密码'
pack empty-passphrase.p12 -passout pass:
pack plain.p12 -passout pass: -keypbe NONE -certpbe NONE -nomac
pack aes-without-mac.p12 -passout 'pass:secret word' -nomac
pack sha224.p12 -passout 'pass:secret word' -macalg sha224
pack million.p12 -passout 'pass:secret word' -iter 1000000
openssl pkcs12 -export -nokeys -in "$work/root.pem" -passout 'pass:secret word' -out ca-only.p12
# The parameters of its signature leave out their defaults.
printf '[req]\ndistinguished_name=dn\n[dn]\n[name]\nCN=directory\n[v3]\nsubjectAltName=dirName:name,DNS:pss.example.org\n' > "$work/pss.cnf"
openssl req -x509 -newkey rsa:2048 -nodes -days 27000 -subj '/CN=pss' -config "$work/pss.cnf" -extensions v3 -sha1 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 -keyout "$work/pss.key" -out "$work/pss.pem"
openssl pkcs12 -export -inkey "$work/pss.key" -in "$work/pss.pem" -passout pass: -keypbe NONE -certpbe NONE -nomac -out pss.p12
rm -r "$work"

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The other end of a TLCP link: Tongsuo (BabaSSL), which shares no line with ours, by way of the PyPI wheel `tongsuopy-crayon`.

    tongsuo-peer.py prepare FOLDER             makes an authority and two pairs of certificates with the openssl tool
    tongsuo-peer.py server|client FOLDER SUITE talks TLCP on standard input and output; trusts FOLDER/trusted.pem

It sends back what it is sent, each piece reversed, until the other side closes. What it saw goes to standard error.
"""
import ctypes
import os
import subprocess
import sys
from importlib.util import find_spec

DISTID = "distid:1234567812345678"
USES = {"sign": "critical,digitalSignature,nonRepudiation", "enc": "critical,keyEncipherment,dataEncipherment,keyAgreement"}


def openssl(*arguments):
    subprocess.run(("openssl",) + arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def prepare(folder):
    def path(name):
        return os.path.join(folder, name)

    openssl("genpkey", "-algorithm", "SM2", "-out", path("ca.key"))
    openssl("req", "-x509", "-new", "-key", path("ca.key"), "-sm3", "-sigopt", DISTID, "-utf8", "-subj",
            "/C=CN/O=Tongsuo/CN=root", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-out", path("ca.pem"))
    openssl("x509", "-in", path("ca.pem"), "-outform", "DER", "-out", path("ca.der"))
    for serial, (half, uses) in enumerate(USES.items(), 1):
        with open(path("ext"), "w") as file:
            file.write(f"basicConstraints=critical,CA:FALSE\nkeyUsage={uses}\n")
        openssl("genpkey", "-algorithm", "SM2", "-out", path(half + ".key"))
        openssl("req", "-new", "-key", path(half + ".key"), "-sm3", "-sigopt", DISTID, "-subj", "/C=CN/O=Tongsuo/CN=peer",
                "-out", path("csr"))
        openssl("x509", "-req", "-in", path("csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-sm3", "-sigopt",
                DISTID, "-vfyopt", DISTID, "-set_serial", str(serial), "-days", "20", "-extfile", path("ext"),
                "-out", path(half + ".pem"))


def library():
    found = ctypes.CDLL(find_spec("tongsuopy.backends._tongsuo").origin)
    for name in ("NTLS_server_method", "NTLS_client_method", "SSL_CTX_new", "SSL_new", "BIO_s_mem", "BIO_new"):
        getattr(found, name).restype = ctypes.c_void_p
    found.SSL_get_current_cipher.restype = ctypes.c_void_p
    found.SSL_CIPHER_get_name.restype = found.SSL_get_version.restype = ctypes.c_char_p
    found.ERR_get_error.restype = ctypes.c_ulong
    return found


def reasons(lib):
    text, list_ = ctypes.create_string_buffer(256), []
    while True:
        code = lib.ERR_get_error()
        if code == 0:
            return "; ".join(list_)
        lib.ERR_error_string_n(ctypes.c_ulong(code), text, 256)
        list_.append(text.value.decode())


def say(text):
    print(text, file=sys.stderr, flush=True)


def talk(role, folder, suite):
    lib = library()
    p = ctypes.c_void_p

    def must(done, what):
        if done != 1:
            say(f"failed: {what}: {reasons(lib)}")
            sys.exit(1)

    context = p(lib.SSL_CTX_new(p(lib.NTLS_server_method() if role == "server" else lib.NTLS_client_method())))
    lib.SSL_CTX_enable_ntls(context)
    for half in USES:
        for kind, name in (("certificate", ".pem"), ("PrivateKey", ".key")):
            use = getattr(lib, f"SSL_CTX_use_{half}_{kind}_file")
            must(use(context, os.path.join(folder, half + name).encode(), 1), half + name)
    must(lib.SSL_CTX_load_verify_locations(context, os.path.join(folder, "trusted.pem").encode(), None), "trusted.pem")
    lib.SSL_CTX_set_verify(context, 3, None)  # whoever shows nothing is refused
    must(lib.SSL_CTX_set_cipher_list(context, suite.encode()), suite)
    link = p(lib.SSL_new(context))
    into, out = p(lib.BIO_new(p(lib.BIO_s_mem()))), p(lib.BIO_new(p(lib.BIO_s_mem())))
    lib.SSL_set_bio(link, into, out)
    (lib.SSL_set_accept_state if role == "server" else lib.SSL_set_connect_state)(link)
    buffer = ctypes.create_string_buffer(65536)

    def flush():
        while True:
            count = lib.BIO_read(out, buffer, 65536)
            if count <= 0:
                return
            os.write(1, buffer.raw[:count])

    def pull():
        more = os.read(0, 65536)
        if more:
            lib.BIO_write(into, more, len(more))
        return more

    while True:
        done = lib.SSL_do_handshake(link)
        error = lib.SSL_get_error(link, done)
        flush()
        if done == 1:
            break
        if error != 2 or not pull():
            say(f"failed: handshake: error {error}: {reasons(lib)}")
            sys.exit(1)
    cipher = lib.SSL_CIPHER_get_name(p(lib.SSL_get_current_cipher(link))).decode()
    say(f"open: {lib.SSL_get_version(link).decode()} {cipher} verified {lib.SSL_get_verify_result(link)}")
    while True:
        count = lib.SSL_read(link, buffer, 65536)
        if count > 0:
            text = buffer.raw[:count][::-1]
            must(lib.SSL_write(link, text, len(text)) == len(text), "write")
            flush()
            continue
        error = lib.SSL_get_error(link, count)
        if error == 6:
            lib.SSL_shutdown(link)
            flush()
            say("closed in peace")
            return
        if error != 2 or not pull():
            say(f"failed: data: error {error}: {reasons(lib)}")
            sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(sys.argv[2])
    else:
        talk(*sys.argv[1:4])

// SPDX-License-Identifier: Apache-2.0
// A cryptographic device as GM/T 0018 describes it, in software, for tests: key 1 is that of GB/T 32918.5 appendix A,
// key 2 a multiple of it, and the password is "password". Built by the tests (docs/spec/keys.md, KEY-23 to KEY-25).
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#define SDR_OK 0
#define SDR_UNKNOWERR 0x01000001
#define SDR_COMMFAIL 0x01000003
#define SDR_KEYNOTEXIST 0x01000008
#define SDR_PARDENY 0x0100000A
#define SDR_INARGERR 0x0100001D

typedef struct { unsigned int bits; unsigned char x[64]; unsigned char y[64]; } ECCrefPublicKey;
typedef struct { unsigned char r[64]; unsigned char s[64]; } ECCSignature;
typedef struct { int opened; } Device;
typedef struct { int mayUse[3]; } Session;

// What a test wants of the device: so many of the next signatures fail, all fail, key 1 is exchanged, numbers are too long,
// the password is another.
static int failing, swapped, longNumbers, refusing;
static int devices, sessions, tries;

void device_test_set(int fail, int swap, int tooLong, int refuse) {
    failing = fail;
    swapped = swap;
    longNumbers = tooLong;
    refusing = refuse;
}
int device_test_tries(void) { return tries; }
int device_test_open(void) { return devices * 100 + sessions; }

static EVP_PKEY *key(unsigned int index) {
    BIGNUM *d = NULL;
    BN_hex2bn(&d, "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
    if (index == 2 || swapped) BN_sub_word(d, 12345);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    EC_POINT *point = EC_POINT_new(group);
    unsigned char bytes[65];
    EC_POINT_mul(group, point, d, NULL, NULL, NULL);
    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, 65, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(builder, "group", "SM2", 0);
    OSSL_PARAM_BLD_push_BN(builder, "priv", d);
    OSSL_PARAM_BLD_push_octet_string(builder, "pub", bytes, 65);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_PKEY *made = NULL;
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    BN_free(d);
    return made;
}

int SDF_OpenDevice(void **device) {
    if (failing < 0) return SDR_COMMFAIL;
    *device = calloc(1, sizeof(Device));
    devices++;
    return SDR_OK;
}

int SDF_CloseDevice(void *device) {
    if (!device) return SDR_INARGERR;
    free(device);
    devices--;
    return SDR_OK;
}

int SDF_OpenSession(void *device, void **session) {
    if (!device) return SDR_INARGERR;
    *session = calloc(1, sizeof(Session));
    sessions++;
    return SDR_OK;
}

int SDF_CloseSession(void *session) {
    if (!session) return SDR_INARGERR;
    free(session);
    sessions--;
    return SDR_OK;
}

int SDF_GetPrivateKeyAccessRight(void *session, unsigned int index, unsigned char *password, unsigned int length) {
    if (index != 1 && index != 2) return SDR_KEYNOTEXIST;
    tries++;
    if (refusing || length != 8 || memcmp(password, "password", 8)) return SDR_PARDENY;
    ((Session *)session)->mayUse[index] = 1;
    return SDR_OK;
}

int SDF_ExportSignPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *out) {
    (void)session;
    if (index != 1 && index != 2) return SDR_KEYNOTEXIST;
    EVP_PKEY *pair = key(index);
    BIGNUM *x = NULL, *y = NULL;
    EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_PUB_X, &x);
    EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_PUB_Y, &y);
    out->bits = 256;
    BN_bn2binpad(x, out->x, 64);
    BN_bn2binpad(y, out->y, 64);
    BN_free(x);
    BN_free(y);
    EVP_PKEY_free(pair);
    return SDR_OK;
}

int SDF_InternalSign_ECC(void *session, unsigned int index, unsigned char *data, unsigned int length, ECCSignature *out) {
    if (index > 2 || !((Session *)session)->mayUse[index]) return SDR_PARDENY;
    if (length != 32) return SDR_INARGERR;
    if (failing > 0) { failing--; return SDR_COMMFAIL; }
    EVP_PKEY *pair = key(index);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    unsigned char der[80];
    size_t count = sizeof der;
    int answer = SDR_UNKNOWERR;
    if (EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_sign(context, der, &count, data, length) == 1) {
        const unsigned char *cursor = der;
        ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &cursor, (long)count);
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), out->r, 64);
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), out->s, 64);
        if (longNumbers) out->r[0] = 1;
        ECDSA_SIG_free(signature);
        answer = SDR_OK;
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pair);
    return answer;
}

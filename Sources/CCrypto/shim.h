// The few functions of Debian's libcrypto that Earshot uses: SHA-256, HMAC-SHA-256, random bytes,
// constant-time comparison. OpenSSL 3.0 manual: SHA256(3), HMAC(3), RAND_bytes(3), CRYPTO_memcmp(3).
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

static inline int earshot_hmac_sha256(const void *key, int key_bytes, const unsigned char *data,
                                      size_t data_bytes, unsigned char out[32]) {
    unsigned int out_bytes = 32;
    return HMAC(EVP_sha256(), key, key_bytes, data, data_bytes, out, &out_bytes) != NULL
        && out_bytes == 32;
}

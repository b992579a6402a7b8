// Debian's libcurl, for one request at a time: libcurl-easy(3). Its options are set through a
// function of variable arguments, which Swift cannot call: one function here for each kind of value.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

typedef size_t (*earshot_curl_transfer)(char *, size_t, size_t, void *);
typedef int (*earshot_curl_progress)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
typedef curl_socket_t (*earshot_curl_open)(void *, curlsocktype, struct curl_sockaddr *);

static inline CURLcode earshot_curl_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode earshot_curl_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode earshot_curl_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode earshot_curl_on_transfer(CURL *handle, CURLoption option,
                                                earshot_curl_transfer value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode earshot_curl_on_progress(CURL *handle, earshot_curl_progress value) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}
static inline CURLcode earshot_curl_on_open(CURL *handle, earshot_curl_open value) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}
static inline long earshot_curl_response_code(CURL *handle) {
    long code = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    return code;
}
// Writes an IP address and gives its length: 4, 16, or 0 for another family.
static inline int earshot_curl_address(const struct curl_sockaddr *from, unsigned char out[16]) {
    if (from->family == AF_INET && from->addrlen >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in address;
        memcpy(&address, &from->addr, sizeof address);
        memcpy(out, &address.sin_addr, 4);
        return 4;
    }
    if (from->family == AF_INET6 && from->addrlen >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 address;
        memcpy(&address, &from->addr, sizeof address);
        memcpy(out, &address.sin6_addr, 16);
        return 16;
    }
    return 0;
}
static inline curl_socket_t earshot_curl_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

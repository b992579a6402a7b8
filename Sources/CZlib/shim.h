// The one function of Debian's zlib that Earshot uses: a whole body as gzip (RFC 1952). zlib 1.2.13 manual.
#include <string.h>
#include <zlib.h>

/// The size written to `out`; 0 when it does not fit, or there is no memory.
static inline size_t earshot_gzip(int level, const void *in, size_t in_bytes, void *out,
                                  size_t out_bytes) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    // 15 bits of window, and 16 for the gzip wrapper.
    if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (Bytef *)in;
    stream.avail_in = (uInt)in_bytes;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)out_bytes;
    int status = deflate(&stream, Z_FINISH);
    size_t written = status == Z_STREAM_END ? stream.total_out : 0;
    deflateEnd(&stream);
    return written;
}

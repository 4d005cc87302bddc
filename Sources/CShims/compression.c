#include "include/compression.h"

#include <lz4.h>
#include <zstd.h>

// Between zstd's fast end and its default: compaction pays once for what is read for long.
enum { ZSTD_LEVEL = 3 };

size_t dcs_compress_bound(size_t count) {
    size_t lz4 = (size_t)LZ4_compressBound((int)count);
    size_t zstd = ZSTD_compressBound(count);
    return lz4 > zstd ? lz4 : zstd;
}

int64_t dcs_lz4_compress(const void *source, size_t count, void *target, size_t room) {
    return LZ4_compress_default(source, target, (int)count, (int)room);
}

int64_t dcs_lz4_decompress(
    const void *source, size_t count, void *target, size_t wanted, size_t room) {
    return LZ4_decompress_safe_partial(source, target, (int)count, (int)wanted, (int)room);
}

void *dcs_zstd_new_compressor(void) { return ZSTD_createCCtx(); }
void dcs_zstd_free_compressor(void *compressor) { ZSTD_freeCCtx(compressor); }
void *dcs_zstd_new_decompressor(void) { return ZSTD_createDCtx(); }
void dcs_zstd_free_decompressor(void *decompressor) { ZSTD_freeDCtx(decompressor); }

int64_t dcs_zstd_compress(
    void *compressor, const void *source, size_t count, void *target, size_t room) {
    if (!compressor) return -1;
    size_t result = ZSTD_compressCCtx(compressor, target, room, source, count, ZSTD_LEVEL);
    return ZSTD_isError(result) ? -1 : (int64_t)result;
}

int64_t dcs_zstd_decompress(
    void *decompressor, const void *source, size_t count, void *target, size_t room) {
    if (!decompressor) return -1;
    size_t result = ZSTD_decompressDCtx(decompressor, target, room, source, count);
    return ZSTD_isError(result) ? -1 : (int64_t)result;
}

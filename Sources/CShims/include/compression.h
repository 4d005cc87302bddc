// LZ4 and zstd as the block codec calls them; every function gives 0 or less for "no".
#ifndef DCS_COMPRESSION_H
#define DCS_COMPRESSION_H

#include <stddef.h>
#include <stdint.h>

size_t dcs_compress_bound(size_t count);

int64_t dcs_lz4_compress(const void *source, size_t count, void *target, size_t room);
/// Decompresses at least `wanted` of the `room` raw bytes; more may have been written.
int64_t dcs_lz4_decompress(
    const void *source, size_t count, void *target, size_t wanted, size_t room);

/// Working memory of zstd, kept from block to block; NULL where there is none.
void *dcs_zstd_new_compressor(void);
void dcs_zstd_free_compressor(void *compressor);
void *dcs_zstd_new_decompressor(void);
void dcs_zstd_free_decompressor(void *decompressor);

int64_t dcs_zstd_compress(
    void *compressor, const void *source, size_t count, void *target, size_t room);
int64_t dcs_zstd_decompress(
    void *decompressor, const void *source, size_t count, void *target, size_t room);

#endif

// The browser's files, inside the program: ours from Serve/Assets, uPlot as set-up fetched it.
#pragma once
#include <stddef.h>

struct earshot_asset {
    const char *name;  // "unit.js"
    const unsigned char *bytes;
    size_t count;
};

extern const struct earshot_asset earshot_assets[];
extern const size_t earshot_asset_count;

// Swift does not see arrays of unknown length.
static inline const struct earshot_asset *earshot_asset_at(size_t index) {
    return &earshot_assets[index];
}

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

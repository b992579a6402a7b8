#include "assets.h"
const struct earshot_asset earshot_assets[] = {{"none", (const unsigned char *)"x", 1}};
const size_t earshot_asset_count = 1;

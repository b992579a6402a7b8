//  assets.c · CAssets
//
//  The browser's files, inside the program: ours from Serve/Assets, uPlot as set-up fetched it.
//  A file that is added there needs its two lines here; a browser test compares the two.

#include "assets.h"

// #embed is C23; clang takes it in every mode and remarks on it.
#pragma clang diagnostic ignored "-Wpedantic"
#pragma clang diagnostic ignored "-Wc23-extensions"

#if !__has_embed("vendor/uPlot.iife.js") || !__has_embed("vendor/uPlot.min.css")
#error "uPlot is not there yet: run `make setup` (or scripts/setup run) once."
#endif

static const unsigned char theme_button_mustache[] = {
#embed "../Serve/Assets/theme-button.mustache"
};
static const unsigned char nav_mustache[] = {
#embed "../Serve/Assets/nav.mustache"
};
static const unsigned char head_mustache[] = {
#embed "../Serve/Assets/head.mustache"
};
static const unsigned char brand_mustache[] = {
#embed "../Serve/Assets/brand.mustache"
};
static const unsigned char not_found_mustache[] = {
#embed "../Serve/Assets/not-found.mustache"
};
static const unsigned char sign_in_mustache[] = {
#embed "../Serve/Assets/sign-in.mustache"
};
static const unsigned char unit_mustache[] = {
#embed "../Serve/Assets/unit.mustache"
};
static const unsigned char units_mustache[] = {
#embed "../Serve/Assets/units.mustache"
};
static const unsigned char app_css[] = {
#embed "../Serve/Assets/app.css"
};
static const unsigned char tokens_css[] = {
#embed "../Serve/Assets/tokens.css"
};
static const unsigned char unit_css[] = {
#embed "../Serve/Assets/unit.css"
};
static const unsigned char forms_js[] = {
#embed "../Serve/Assets/forms.js"
};
static const unsigned char links_js[] = {
#embed "../Serve/Assets/links.js"
};
static const unsigned char sites_js[] = {
#embed "../Serve/Assets/sites.js"
};
static const unsigned char sites_css[] = {
#embed "../Serve/Assets/sites.css"
};
static const unsigned char projects_mustache[] = {
#embed "../Serve/Assets/projects.mustache"
};
static const unsigned char project_mustache[] = {
#embed "../Serve/Assets/project.mustache"
};
static const unsigned char location_mustache[] = {
#embed "../Serve/Assets/location.mustache"
};
static const unsigned char project_fields_mustache[] = {
#embed "../Serve/Assets/project-fields.mustache"
};
static const unsigned char location_fields_mustache[] = {
#embed "../Serve/Assets/location-fields.mustache"
};
static const unsigned char units_css[] = {
#embed "../Serve/Assets/units.css"
};
static const unsigned char api_js[] = {
#embed "../Serve/Assets/api.js"
};
static const unsigned char chart_js[] = {
#embed "../Serve/Assets/chart.js"
};
static const unsigned char clock_js[] = {
#embed "../Serve/Assets/clock.js"
};
static const unsigned char drawing_js[] = {
#embed "../Serve/Assets/drawing.js"
};
static const unsigned char feed_js[] = {
#embed "../Serve/Assets/feed.js"
};
static const unsigned char gestures_js[] = {
#embed "../Serve/Assets/gestures.js"
};
static const unsigned char history_js[] = {
#embed "../Serve/Assets/history.js"
};
static const unsigned char live_js[] = {
#embed "../Serve/Assets/live.js"
};
static const unsigned char range_js[] = {
#embed "../Serve/Assets/range.js"
};
static const unsigned char reading_js[] = {
#embed "../Serve/Assets/reading.js"
};
static const unsigned char sign_in_js[] = {
#embed "../Serve/Assets/sign-in.js"
};
static const unsigned char table_js[] = {
#embed "../Serve/Assets/table.js"
};
static const unsigned char theme_js[] = {
#embed "../Serve/Assets/theme.js"
};
static const unsigned char trail_js[] = {
#embed "../Serve/Assets/trail.js"
};
static const unsigned char unit_js[] = {
#embed "../Serve/Assets/unit.js"
};
static const unsigned char units_js[] = {
#embed "../Serve/Assets/units.js"
};
static const unsigned char words_js[] = {
#embed "../Serve/Assets/words.js"
};
static const unsigned char zone_js[] = {
#embed "../Serve/Assets/zone.js"
};
static const unsigned char openapi_operator_json[] = {
#embed "../Serve/Assets/openapi-operator.json"
};
static const unsigned char openapi_portal_json[] = {
#embed "../Serve/Assets/openapi-portal.json"
};
static const unsigned char favicon_svg[] = {
#embed "../Serve/Assets/favicon.svg"
};
static const unsigned char uPlot_iife_js[] = {
#embed "vendor/uPlot.iife.js"
};
static const unsigned char uPlot_min_css[] = {
#embed "vendor/uPlot.min.css"
};

#define ASSET(name, bytes) {name, bytes, sizeof bytes}

const struct earshot_asset earshot_assets[] = {
    ASSET("theme-button.mustache", theme_button_mustache),
    ASSET("nav.mustache", nav_mustache),
    ASSET("head.mustache", head_mustache),
    ASSET("brand.mustache", brand_mustache),
    ASSET("not-found.mustache", not_found_mustache),
    ASSET("sign-in.mustache", sign_in_mustache),
    ASSET("unit.mustache", unit_mustache),
    ASSET("units.mustache", units_mustache),
    ASSET("app.css", app_css),
    ASSET("tokens.css", tokens_css),
    ASSET("unit.css", unit_css),
    ASSET("forms.js", forms_js),
    ASSET("links.js", links_js),
    ASSET("sites.js", sites_js),
    ASSET("sites.css", sites_css),
    ASSET("projects.mustache", projects_mustache),
    ASSET("project.mustache", project_mustache),
    ASSET("location.mustache", location_mustache),
    ASSET("project-fields.mustache", project_fields_mustache),
    ASSET("location-fields.mustache", location_fields_mustache),
    ASSET("units.css", units_css),
    ASSET("api.js", api_js),
    ASSET("chart.js", chart_js),
    ASSET("clock.js", clock_js),
    ASSET("drawing.js", drawing_js),
    ASSET("feed.js", feed_js),
    ASSET("gestures.js", gestures_js),
    ASSET("history.js", history_js),
    ASSET("live.js", live_js),
    ASSET("range.js", range_js),
    ASSET("reading.js", reading_js),
    ASSET("sign-in.js", sign_in_js),
    ASSET("table.js", table_js),
    ASSET("theme.js", theme_js),
    ASSET("trail.js", trail_js),
    ASSET("unit.js", unit_js),
    ASSET("units.js", units_js),
    ASSET("words.js", words_js),
    ASSET("zone.js", zone_js),
    ASSET("openapi-operator.json", openapi_operator_json),
    ASSET("openapi-portal.json", openapi_portal_json),
    ASSET("favicon.svg", favicon_svg),
    ASSET("uPlot.iife.js", uPlot_iife_js),
    ASSET("uPlot.min.css", uPlot_min_css),
};
const size_t earshot_asset_count = sizeof earshot_assets / sizeof earshot_assets[0];
